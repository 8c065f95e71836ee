//! Where mails end up in development, when there is no mail server: in memory, to be looked at in the built-in page and in
//! tests. Knows nothing of delivery.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Mail;
use crate::clock::Clock;

/// More than anybody scrolls through; older mails make room.
const CAPACITY: usize = 100;

/// A mail in the mailbox.
#[derive(Debug, Clone, Serialize)]
pub struct KeptMail {
    /// Counts the mails of this process, from 1.
    pub number: u64,
    /// When it was put here.
    pub received_at: DateTime<Utc>,
    /// The mail.
    #[serde(flatten)]
    pub mail: Mail,
}

/// The most recent 100 mails of this process. Clones share them.
#[derive(Clone)]
pub struct Mailbox {
    clock: Arc<dyn Clock>,
    mails: Arc<Mutex<VecDeque<Arc<KeptMail>>>>,
}

impl Mailbox {
    /// An empty mailbox.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, mails: Arc::default() }
    }

    /// The mails, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<KeptMail>> {
        self.mails().iter().rev().cloned().collect()
    }

    /// Puts a mail into the mailbox.
    pub fn put(&self, mail: Mail) {
        let received_at = self.clock.now();
        let mut mails = self.mails();
        let number = mails.back().map_or(1, |last| last.number + 1);
        if mails.len() == CAPACITY {
            mails.pop_front();
        }
        mails.push_back(Arc::new(KeptMail { number, received_at, mail }));
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<Arc<KeptMail>>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("mails", &self.mails().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::SystemClock,
        notify::mail::{Content, Language, Notification, Templates},
    };

    #[test]
    fn keeps_the_newest_hundred_mails() {
        let mailbox = Mailbox::new(Arc::new(SystemClock));
        let content = Content::Notification(Notification::MfaCreate);
        let mail = Templates::default().render(Language::English, "kim@example.test", "Example", content);
        for _ in 0..103 {
            mailbox.put(mail.clone());
        }
        let kept = mailbox.list();
        assert_eq!((kept.len(), kept[0].number, kept[99].number), (100, 103, 4));
        assert_eq!(kept[0].mail, mail);
    }
}
