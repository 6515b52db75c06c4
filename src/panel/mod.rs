//! The panel: columns of equal length, indexed by unit and time.

pub mod column;
pub mod ledger;
pub mod predicate;
pub mod table;

pub use column::{Column, Factor};
pub use ledger::{Ledger, Loss, Reason};
pub use table::{Index, Panel};
