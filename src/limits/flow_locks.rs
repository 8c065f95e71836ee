//! Locks on flows in the memory of this process: a second request to a flow is turned away while the first is at work
//! (spec chapter 01, section 11.1). A lock is released when its guard is dropped, whatever happens to the request.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

/// The flows at which somebody is at work.
#[derive(Debug, Clone, Default)]
pub struct FlowLocks(Arc<Mutex<HashSet<Uuid>>>);

/// Holds the lock on a flow.
#[derive(Debug)]
pub struct FlowLock {
    locks: FlowLocks,
    flow: Uuid,
}

impl FlowLocks {
    /// Takes the lock on a flow, or `None` when somebody has it.
    #[must_use]
    pub fn try_lock(&self, flow: Uuid) -> Option<FlowLock> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(flow);
        taken.then(|| FlowLock { locks: self.clone(), flow })
    }
}

impl Drop for FlowLock {
    fn drop(&mut self) {
        self.locks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.flow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers PROTO-110, PROTO-111, PROTO-112, PROTO-118.
    #[test]
    fn one_at_a_time_until_the_guard_is_dropped() {
        let locks = FlowLocks::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let held = locks.try_lock(one);
        assert!(held.is_some() && locks.try_lock(one).is_none() && locks.try_lock(other).is_some());
        drop(held);
        let panicked = std::panic::catch_unwind(|| {
            let _held = locks.try_lock(one);
            panic!("at work");
        });
        assert!(panicked.is_err() && locks.try_lock(one).is_some());
    }
}
