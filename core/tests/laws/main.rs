//! Laws of the store: it answers as the naive reference does, and step by step as from scratch.

mod generate;
mod shapes;
mod store;
