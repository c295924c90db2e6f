//! Things kept for a while under a name that cannot be guessed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::random;

/// Keeps things for a fixed time. Codes, access tokens, sign-ins under way.
pub(crate) struct Shelf<T> {
    life: SignedDuration,
    things: Mutex<HashMap<String, (Timestamp, T)>>,
}

impl<T> Shelf<T> {
    /// A shelf whose things live so many seconds.
    pub(crate) fn for_seconds(seconds: i64) -> Self {
        Self { life: SignedDuration::from_secs(seconds), things: Mutex::new(HashMap::new()) }
    }

    /// Puts a thing there and says its name.
    pub(crate) fn put(&self, thing: T, now: Timestamp) -> String {
        let name = random::token();
        self.put_as(&name, thing, now);
        name
    }

    /// Puts a thing there under a name, for its whole life again. False if something live had that name.
    pub(crate) fn put_as(&self, name: &str, thing: T, now: Timestamp) -> bool {
        let mut things = self.lock();
        things.retain(|_, (until, _)| *until > now);
        things.insert(name.to_owned(), (now + self.life, thing)).is_none()
    }

    /// Takes a thing away: it can be had once.
    pub(crate) fn take(&self, name: &str, now: Timestamp) -> Option<T> {
        let (until, thing) = self.lock().remove(name)?;
        (until > now).then_some(thing)
    }

    /// Looks at a thing and leaves it there.
    pub(crate) fn look(&self, name: &str, now: Timestamp) -> Option<T>
    where
        T: Clone,
    {
        self.lock().get(name).filter(|(until, _)| *until > now).map(|(_, thing)| thing.clone())
    }

    /// Takes away all that `which` says.
    pub(crate) fn forget(&self, which: impl Fn(&T) -> bool) {
        self.lock().retain(|_, (_, thing)| !which(thing));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, T)>> {
        // Nothing is done under this lock that could leave the map half changed.
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_had_once_and_in_time() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later = now + SignedDuration::from_secs(60);
        let shelf = Shelf::for_seconds(60);
        let name = shelf.put(7, now);
        assert_eq!(shelf.look(&name, now), Some(7));
        assert_eq!(shelf.take(&name, now), Some(7));
        assert_eq!(shelf.take(&name, now), None);
        let name = shelf.put(8, now);
        assert_eq!(shelf.look(&name, later), None);
        assert_eq!(shelf.take(&name, later), None);
        assert!(shelf.put_as("one", 1, now));
        assert!(!shelf.put_as("one", 1, now));
        assert!(shelf.put_as("one", 1, later + SignedDuration::from_secs(1)), "the old one is gone by then");
    }
}
