//! Lines of JSON on a standard stream, written by a thread of their own: a slow reader of stdout costs lines, never
//! the time of a request.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

/// How many lines may wait for the stream. At 10 000 requests a second this bridges a stall of almost a second.
const WAITING: usize = 8192;

/// How long [`Lines::finish`] waits for a stream that stands still.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the thread is asked for.
#[derive(Debug)]
enum Order {
    Line(Vec<u8>),
    /// Answer once everything before is written.
    Report(SyncSender<()>),
}

/// A handle for writing lines; cheap to clone. The thread ends when the last handle is gone and all lines are written.
#[derive(Debug, Clone)]
pub struct Lines {
    sender: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

impl Lines {
    /// Lines on stdout: those of all parts of the process, so that none is torn by another.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn stdout() -> io::Result<Self> {
        static STDOUT: Mutex<Option<Lines>> = Mutex::new(None);
        Self::shared(&STDOUT, io::stdout())
    }

    /// Lines on stderr, like those on stdout.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn stderr() -> io::Result<Self> {
        static STDERR: Mutex<Option<Lines>> = Mutex::new(None);
        Self::shared(&STDERR, io::stderr())
    }

    fn shared(kept: &Mutex<Option<Self>>, stream: impl Write + Send + 'static) -> io::Result<Self> {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = match kept.take() {
            Some(lines) => lines,
            None => Self::to(stream)?,
        };
        Ok(kept.insert(lines).clone())
    }

    /// Lines on any stream.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn to(stream: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        thread::Builder::new().name("console".into()).spawn({
            let lost = Arc::clone(&lost);
            move || write_all(&receiver, stream, &lost)
        })?;
        Ok(Self { sender, lost })
    }

    /// Hands over a line, which must end with a line feed. Never waits: when too many lines wait already, this one is
    /// lost and counted; the count is reported on the stream as soon as it moves again.
    pub fn write(&self, line: Vec<u8>) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(Order::Line(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines so far are written, for a process that is about to end. Gives up on a stream that stands
    /// still.
    pub fn finish(&self) {
        let (written, reported) = sync_channel(1);
        // Where nobody writes any more, or nothing moves, there is nothing to wait for.
        if self.sender.try_send(Order::Report(written)).is_ok() {
            let _ = reported.recv_timeout(PATIENCE);
        }
    }
}

/// Writes what comes in, and flushes whenever nothing more is waiting.
fn write_all(orders: &Receiver<Order>, stream: impl Write, lost: &AtomicU64) {
    let mut stream = io::BufWriter::with_capacity(64 * 1024, stream);
    let mut reports = Vec::new();
    while let Ok(first) = orders.recv() {
        let mut written = Ok(());
        for order in std::iter::once(first).chain(orders.try_iter()) {
            match order {
                Order::Line(line) => written = written.and_then(|()| stream.write_all(&line)),
                Order::Report(report) => reports.push(report),
            }
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            written = written.and_then(|()| writeln!(stream, "{{\"lost_log_lines\":{lost}}}"));
        }
        // The reader of the stream is gone: the lines are of no use to anybody, the requests go on.
        if written.and_then(|()| stream.flush()).is_err() {
            return;
        }
        for report in reports.drain(..) {
            // Whoever asked may have lost patience.
            let _ = report.try_send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// A stream that shows what it got, and lets nothing through before it is opened.
    struct Gate {
        opened: Mutex<Option<mpsc::Receiver<()>>>,
        written: mpsc::Sender<String>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(opened) = self.opened.lock().unwrap().take() {
                opened.recv().unwrap();
            }
            self.written.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gate() -> (Lines, mpsc::Sender<()>, mpsc::Receiver<String>) {
        let (open, opened) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        (Lines::to(Gate { opened: Mutex::new(Some(opened)), written }).unwrap(), open, lines)
    }

    #[test]
    fn writes_the_lines_in_their_order() {
        let (lines, open, written) = gate();
        lines.write(b"one\n".to_vec());
        lines.write(b"two\n".to_vec());
        drop(lines);
        open.send(()).unwrap();
        assert_eq!(written.iter().collect::<String>(), "one\ntwo\n");
    }

    #[test]
    fn loses_lines_rather_than_wait_for_a_stream_that_stands_still() {
        let (lines, open, written) = gate();
        for _ in 0..3 * WAITING {
            lines.write(b"line\n".to_vec());
        }
        drop(lines);
        open.send(()).unwrap();
        let written = written.iter().collect::<String>();
        assert!(written.matches("line\n").count() >= WAITING);
        assert!(written.contains("lost_log_lines"));
    }
}
