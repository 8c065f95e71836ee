//! The domain: who users are and how they prove it. It knows no HTTP and no flows.

pub mod webauthn;
