//! Graphs of one's own, for tests that change the shipped ones.

use std::{fs, path::Path};

/// Copies the shipped graphs into a folder.
pub(crate) fn shipped(target: &Path) {
    fs::create_dir_all(target.join("shared")).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    for name in ["login.yaml", "registration.yaml"] {
        fs::copy(source.join(name), target.join(name)).unwrap();
    }
    for entry in fs::read_dir(source.join("shared")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.join("shared").join(path.file_name().unwrap())).unwrap();
    }
}

/// Changes a text in a file.
pub(crate) fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} does not say {from}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}
