//! The chapters of the OpenAPI documents.

use poem_openapi::Tags;

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
