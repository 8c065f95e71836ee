//! The chapters of the OpenAPI documents.

use poem_openapi::Tags;
use serde_json::Value;

/// A chapter.
#[derive(Debug, Clone, Copy, Tags)]
pub enum Tag {
    /// Who is signed in, and for how long.
    Sessions,
    /// The keys that session tokens are verified with.
    Keys,
    /// Whether the server runs.
    Health,
    /// What helps while an application is being built; only in development mode.
    Development,
    /// Accounts, managed from the back office.
    Users,
}

/// The order in which people read the chapters.
const ORDER: [&str; 5] = ["Users", "Sessions", "Keys", "Health", "Development"];

/// The document with the chapters that it has, in the order of reading.
#[must_use]
pub fn arranged(mut document: Value) -> Value {
    let paths = document.get("paths").map(ToString::to_string).unwrap_or_default();
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        let name = |tag: &Value| tag["name"].as_str().unwrap_or_default().to_owned();
        tags.retain(|tag| paths.contains(&format!("\"tags\":[\"{}\"]", name(tag))));
        tags.sort_by_key(|tag| ORDER.iter().position(|known| *known == name(tag)));
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_the_chapters_of_the_document_in_order() {
        let operation = |tag: &str| json!({ "get": { "tags": [tag] } });
        let document = json!({
            "tags": [{ "name": "Health" }, { "name": "Sessions" }, { "name": "Users" }],
            "paths": { "/a": operation("Health"), "/b": operation("Sessions") },
        });
        assert_eq!(arranged(document)["tags"], json!([{ "name": "Sessions" }, { "name": "Health" }]));
    }
}
