//! The end of a worker.

use super::*;

#[tokio::test]
async fn delivers_everything_that_was_handed_over_before_it_stops() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, never_looks());
    for number in 0..100 {
        send(&installation, &outbox, &number.to_string()).await;
    }
    outbox.shutdown(LONG).await;
    assert_eq!((postman.delivered().len(), installation.store.rows().len()), (100, 0));
    assert_eq!(postman.0.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn leaves_in_the_table_what_it_cannot_deliver_before_it_must_stop() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, never_looks());
    send(&installation, &outbox, "hello").await;
    postman.has_begun(1).await;
    outbox.shutdown(Duration::from_millis(5)).await;
    assert_eq!(installation.store.rows().len(), 1);

    send(&installation, &outbox, "late").await;
    assert_eq!(installation.store.rows().len(), 2);
}

#[tokio::test]
async fn deletes_what_is_delivered_while_the_last_parcel_takes_its_time() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let pace = Pace { concurrent: 2, patience: LONG, deletion: LONG, ..never_looks() };
    let outbox = installation.start(&postman, pace);
    send(&installation, &outbox, "delivered before").await;
    postman.has_delivered(1).await;
    send(&installation, &outbox, "stuck").await;
    for number in 0..10 {
        send(&installation, &outbox, &number.to_string()).await;
    }
    tokio::select! {
        () = outbox.shutdown(LONG) => panic!("the stuck parcel was not waited for"),
        () = installation.store.until(|rows| rows.len() == 1) => {}
    }
    assert_eq!(postman.delivered().len(), 11);
}
