//! What keeps requests from each other's way.

mod flow_locks;

pub use flow_locks::FlowLocks;
