//! (decision)
