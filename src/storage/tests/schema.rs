//! Recognition and migration of schemas.
