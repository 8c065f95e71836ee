//! Processes that share a table, and what one leaves to another.

use super::*;
use crate::random::SeededRandom;

#[tokio::test]
async fn takes_up_what_a_crashed_process_has_left_when_its_lease_is_over() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;

    let outbox = installation.start(&postman, restless());
    installation.store.next_look().await;
    installation.store.next_look().await;
    assert_eq!(postman.attempts(), 0);

    installation.advance(Pace::default().lease);
    postman.has_delivered(1).await;
    outbox.shutdown(LONG).await;
    assert_eq!((postman.delivered(), installation.store.rows()), (vec!["hello".to_owned()], Vec::new()));
}

#[tokio::test]
async fn delivers_a_row_once_when_several_processes_find_it() {
    let (installation, postman) = (Installation::new(), Postman::default());
    for number in 0..50 {
        installation.orphan(&number.to_string()).await;
    }
    installation.advance(Pace::default().lease);
    let machines: Vec<_> = (0..3).map(|_| installation.start(&postman, restless())).collect();
    installation.store.until(<[OutboxRow]>::is_empty).await;
    for machine in machines {
        machine.shutdown(LONG).await;
    }
    assert_eq!(postman.delivered().len(), 50);
}

#[tokio::test]
async fn leaves_a_row_alone_that_another_process_has_taken_meanwhile() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, Pace { concurrent: 1, ..never_looks() });
    send(&installation, &outbox, "first").await;
    send(&installation, &outbox, "second").await;
    postman.has_begun(1).await;

    installation.advance(Pace::default().lease);
    let second = installation.store.rows().into_iter().next_back().unwrap();
    let until = installation.clock.now() + Pace::default().lease;
    assert!(installation.store.claim(second.id, second.attempts, until).await.unwrap());

    postman.let_through(2);
    outbox.shutdown(LONG).await;
    assert_eq!(postman.delivered(), ["first"]);
    assert_eq!(installation.store.rows().len(), 1);
}

#[tokio::test]
async fn keeps_what_only_another_process_can_read() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;
    installation.advance(Pace::default().lease);
    let stranger = installation.start_with_key(&postman, Pace::default(), 'x');
    installation.store.until(|rows| rows[0].attempts == 2).await;
    stranger.shutdown(LONG).await;
    assert_eq!((postman.attempts(), installation.store.rows().len()), (0, 1));
}

#[tokio::test]
async fn ignores_rows_of_other_kinds() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;
    let mut row = installation.store.rows().pop().unwrap();
    (row.id, row.kind) = ((&SeededRandom::new(1) as &dyn Random).uuid(), "webhook".into());
    let mut unit = installation.store.unit();
    MemoryStore::insert(&mut unit, vec![row.clone()]).await.unwrap();
    unit.commit();
    installation.advance(Pace::default().lease);
    let outbox = installation.start(&postman, restless());
    postman.has_delivered(1).await;
    outbox.shutdown(LONG).await;
    assert_eq!(installation.store.rows(), [row]);
}
