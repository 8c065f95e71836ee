//! The database that every test server starts with: it has its tables and a signing key, which take a while to make, so
//! that all tests copy the same one.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    thread,
};

use sealflow::{
    app::{App, Parts},
    config,
};
use tempfile::TempDir;

/// The secret of all test servers.
pub(super) const SECRET: &str = "a-secret-that-everybody-knows";

static PREPARED: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prepared.db");
    let file = path.clone();
    // Tests wait for this inside runtimes of their own.
    thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(prepare(&file))).join().unwrap();
    (folder, path)
});

async fn prepare(file: &Path) {
    let mut config =
        config::Config { development: true, secret_keys: vec![SECRET.to_owned().into()], ..Default::default() };
    config.database.url = format!("sqlite://{}", file.display());
    let app = App::start(config, Parts { makes_keys: true, ..Parts::default() }).await.unwrap();
    app.stop().await;
}

/// Copies the prepared database to `target`.
pub(super) fn copy_to(target: &Path) {
    std::fs::copy(&PREPARED.1, target).unwrap();
}
