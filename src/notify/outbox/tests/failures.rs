//! What becomes of parcels that are not delivered at the first attempt.

use super::*;

#[tokio::test]
async fn tries_again_after_a_failure() {
    let (installation, postman) = (Installation::new(), Postman::refusing(3));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "hello").await;
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!((postman.attempts(), installation.store.reasons()), (4, vec!["not now".to_owned(); 3]));
}

#[tokio::test]
async fn pauses_longer_after_every_failure() {
    let (installation, postman) = (Installation::new(), Postman::refusing(usize::MAX));
    let pace = Pace { poll: Duration::from_millis(1), ..Pace::default() };
    let outbox = installation.start(&postman, pace);
    send(&installation, &outbox, "hello").await;

    let start = installation.clock.now();
    for (attempts, pause) in [(1, 2), (2, 4), (3, 8)] {
        let row_of = |rows: &[OutboxRow]| rows.first().map(|row| (row.attempts, row.next_attempt_at)).unwrap();
        let before = installation.clock.now();
        let is_postponed = |rows: &[OutboxRow]| {
            let (count, due) = row_of(rows);
            count == attempts && due < before + TimeDelta::seconds(20)
        };
        installation.store.until(is_postponed).await;
        let due = row_of(&installation.store.rows()).1;
        let (least, most) = (TimeDelta::seconds(pause), TimeDelta::seconds(pause) * 5 / 4);
        assert!(due >= before + least && due <= before + most, "{attempts}: {} after {before}", due - start);
        installation.clock.advance(due - before);
    }
}

#[tokio::test]
async fn gives_up_after_twenty_attempts() {
    let (installation, postman) = (Installation::new(), Postman::refusing(usize::MAX));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "hello").await;
    postman.has_begun(20).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!(postman.attempts(), 20);
}

#[tokio::test]
async fn gives_up_at_once_what_can_never_be_delivered() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "undeliverable").await;
    postman.has_begun(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!((postman.attempts(), postman.delivered().len()), (1, 0));
}

#[tokio::test]
async fn gives_up_what_has_expired() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("short-lived").await;
    installation.orphan("hello").await;
    installation.advance(Duration::from_secs(300));
    let outbox = installation.start(&postman, restless());
    installation.store.until(<[OutboxRow]>::is_empty).await;
    outbox.shutdown(LONG).await;
    assert_eq!(postman.delivered(), ["hello"]);
}

#[tokio::test]
async fn does_not_wait_for_an_attempt_that_takes_too_long() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, Pace { patience: Duration::from_millis(5), ..restless() });
    send(&installation, &outbox, "hello").await;
    postman.has_begun(3).await;
    postman.let_through(20);
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
}

#[tokio::test]
async fn does_not_count_what_was_not_tried() {
    let (installation, postman) = (Installation::new(), Postman::putting_off(30, 2));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "hello").await;
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    let numbers = postman.0.numbers.lock().unwrap().clone();
    assert_eq!((&numbers[..31], &numbers[31..]), (&[1; 31][..], &[2, 3][..]));
}

#[tokio::test]
async fn gives_up_what_was_never_tried_when_it_expires() {
    let (installation, postman) = (Installation::new(), Postman::putting_off(usize::MAX, 0));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "short-lived").await;
    postman.has_begun(30).await;
    assert_eq!(installation.store.rows().len(), 1);
    installation.advance(Duration::from_secs(300));
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!(postman.delivered().len(), 0);
}
