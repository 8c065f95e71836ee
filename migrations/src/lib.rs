//! The database schema of Sealflow.
