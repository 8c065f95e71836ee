//! Devices on which people are not asked for a second factor (spec chapter 02, sections 12.3 and 17.5; chapter 06,
//! section 3.9). A device keeps one text that names its users, each with a token; until when a token is good, its row says.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::moment::Moment;
use crate::{
    random::Random,
    secret::Secret,
    storage::{StorageError, UnitOfWork, trusted_devices},
};

/// The random bytes of a token; as text it has 88 characters.
const TOKEN_BYTES: usize = 64;
/// How long the text of a token can be.
const TOKEN_LENGTHS: std::ops::RangeInclusive<usize> = 64..=128;

/// What a device shows: the tokens of its users, newest first, one for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceTokens {
    of_users: Vec<(Uuid, Secret<String>)>,
    /// Devices that were trusted long ago have a token that does not say whose it is.
    unnamed: Option<Secret<String>>,
}

impl DeviceTokens {
    /// Reads what a device shows: `<user>:<token>`, joined by `|`, or a token alone. What is neither is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if !text.contains([':', '|']) {
            return Self { of_users: Vec::new(), unnamed: token(text) };
        }
        let mut of_users: Vec<(Uuid, Secret<String>)> = Vec::new();
        for (user, token) in text.split('|').filter_map(entry) {
            if of_users.iter().all(|(known, _)| *known != user) {
                of_users.push((user, token));
            }
        }
        Self { of_users, unnamed: None }
    }

    /// What the device keeps from now on: a new token of `user`, before those of at most `most - 1` others.
    #[must_use]
    fn with(&self, user: Uuid, token: Secret<String>, most: usize) -> Self {
        let others = self.of_users.iter().filter(|(other, _)| *other != user).cloned();
        Self { of_users: std::iter::once((user, token)).chain(others).take(most).collect(), unnamed: None }
    }

    /// The text that the device keeps.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        let entries: Vec<String> =
            self.of_users.iter().map(|(user, token)| format!("{user}:{}", token.expose())).collect();
        Secret::new(entries.join("|"))
    }

    fn of(&self, user: Uuid) -> Option<&Secret<String>> {
        let named = self.of_users.iter().find(|(other, _)| *other == user).map(|(_, token)| token);
        named.or(self.unnamed.as_ref())
    }

    /// Whether `user` trusts the device: its token is the user's own and has not expired.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    pub async fn are_trusted_by(
        &self,
        unit: &UnitOfWork,
        user: Uuid,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let Some(token) = self.of(user) else { return Ok(false) };
        let found = trusted_devices::by_token(unit, token.expose()).await?;
        Ok(found.is_some_and(|device| device.user_id.0 == user && device.expires_at.0 > now))
    }

    /// Has `user` trust the device for so long. Gives what the device keeps from now on, for at most `most` users.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn trusted_by(
        &self,
        unit: &mut UnitOfWork,
        user: Uuid,
        lifetime: Duration,
        most: usize,
        moment: Moment<'_>,
    ) -> Result<Self, StorageError> {
        let random: &dyn Random = moment.random;
        let token = Secret::new(URL_SAFE.encode(random.bytes::<TOKEN_BYTES>()));
        let lifetime = TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
        let end = moment.now.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC);
        trusted_devices::insert(unit, moment.id(), user, token.clone(), end, moment.now).await?;
        Ok(self.with(user, token, most))
    }
}

fn entry(text: &str) -> Option<(Uuid, Secret<String>)> {
    let (user, text) = text.split_once(':')?;
    let user = Uuid::try_parse(user).ok().filter(|user| !user.is_nil())?;
    Some((user, token(text)?))
}

fn token(text: &str) -> Option<Secret<String>> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    (TOKEN_LENGTHS.contains(&text.len()) && text.bytes().all(known)).then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);
    const GRACE: Uuid = Uuid::from_u128(2);
    const MARY: Uuid = Uuid::from_u128(3);

    fn text(letter: char) -> String {
        letter.to_string().repeat(88)
    }

    fn kept(entries: &[(Uuid, char)]) -> String {
        let entries: Vec<String> = entries.iter().map(|(user, letter)| format!("{user}:{}", text(*letter))).collect();
        entries.join("|")
    }

    /// Covers SESS-45, LR-329.
    #[test]
    fn a_device_keeps_its_newest_users() {
        let device = DeviceTokens::parse(&kept(&[(ADA, 'a'), (GRACE, 'b')]));
        let after = |user, most| device.with(user, text('n').into(), most).to_text().expose().clone();
        assert_eq!(after(MARY, 20), kept(&[(MARY, 'n'), (ADA, 'a'), (GRACE, 'b')]));
        assert_eq!(after(GRACE, 20), kept(&[(GRACE, 'n'), (ADA, 'a')]));
        assert_eq!(after(MARY, 2), kept(&[(MARY, 'n'), (ADA, 'a')]));
        assert_eq!(after(MARY, 1), kept(&[(MARY, 'n')]));
    }

    #[test]
    fn what_is_no_entry_is_passed_over() {
        let good = kept(&[(ADA, 'a')]);
        let long = "a".repeat(129);
        let odd = [
            String::new(),
            "|".to_owned(),
            ":".to_owned(),
            format!("{GRACE}"),
            format!("{GRACE}:"),
            format!("{GRACE}:short"),
            format!("{GRACE}:{long}"),
            format!("{GRACE}:{}!", text('b')),
            format!("somebody:{}", text('b')),
            kept(&[(Uuid::nil(), 'b')]),
            kept(&[(ADA, 'b')]),
        ];
        for odd in odd {
            let device = DeviceTokens::parse(&format!("{good}|{odd}"));
            assert_eq!(device.to_text().expose(), &good, "{odd}");
            assert!(device.unnamed.is_none());
        }
    }

    /// Covers LR-330, SESS-46: a text without separators is a token, which no rewriting keeps.
    #[test]
    fn an_unnamed_token_is_anybodys_until_it_is_replaced() {
        let device = DeviceTokens::parse(&text('a'));
        assert_eq!(device.of(ADA).map(Secret::expose), Some(&text('a')));
        assert_eq!(device.with(GRACE, text('b').into(), 20).to_text().expose(), &kept(&[(GRACE, 'b')]));
        assert_eq!(DeviceTokens::parse("no token"), DeviceTokens::default());
    }

    #[test]
    fn tokens_are_not_printed() {
        assert!(!format!("{:?}", DeviceTokens::parse(&kept(&[(ADA, 'a')]))).contains(&text('a')));
    }
}
