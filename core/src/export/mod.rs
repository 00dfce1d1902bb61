//! Rows × columns → CSV bytes that no spreadsheet runs. May use `domain`; knows nothing of rows: whoever exports
//! hands over one cell after the other.

mod csv;
mod guard;

pub use self::csv::{Csv, file_name};
pub use self::guard::{guard_into, unguard};
