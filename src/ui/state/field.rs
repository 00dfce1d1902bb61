//! A value with a signal, and a signal without a value. One signal type for all of them keeps the program small.

use std::cell::{Ref, RefCell};

use leptos::prelude::{ArcTrigger, Notify, Track};

/// Tells effects that something lying elsewhere has changed.
#[derive(Default)]
pub(crate) struct Signal(ArcTrigger);

impl Signal {
    /// Makes the running effect run again at the next change.
    pub(crate) fn track(&self) {
        self.0.track();
    }

    /// Says that there was a change.
    pub(crate) fn notify(&self) {
        self.0.notify();
    }
}

/// A value that effects follow.
#[derive(Default)]
pub(crate) struct Field<T> {
    value: RefCell<T>,
    signal: Signal,
}

impl<T> Field<T> {
    /// Reads it and follows it.
    pub(crate) fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.signal.track();
        read(&self.value.borrow())
    }

    /// Reads it without following it. The borrow must not outlive the statement.
    pub(crate) fn peek(&self) -> Ref<'_, T> {
        self.value.borrow()
    }

    /// Changes it in place.
    pub(crate) fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.signal.notify();
    }
}

impl<T: PartialEq> Field<T> {
    /// Sets it; nothing happens where it is the same.
    pub(crate) fn set(&self, value: T) {
        let is_same = *self.value.borrow() == value;
        if !is_same {
            self.value.replace(value);
            self.signal.notify();
        }
    }
}

impl<T: Clone> Field<T> {
    /// A copy, followed.
    pub(crate) fn get(&self) -> T {
        self.with(Clone::clone)
    }
}
