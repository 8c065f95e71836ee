//! What the device can do.

mod register_client_capabilities;

pub use register_client_capabilities::RegisterClientCapabilities;
