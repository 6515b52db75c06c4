//! The panel: columns of equal length, indexed by unit and time; how it is read.
//!
//! [`load()`] turns the `[data]` section of a study into a [`Panel`]: files (csv, csv.gz, parquet, Stata) are opened
//! (`file`), only the needed columns and rows are read through polars and coded chunk by chunk (`convert`), then joined
//! (`join`), summed (`aggregate`) and checked. Every row that leaves has a line in the [`Ledger`].

mod aggregate;
pub mod column;
mod convert;
mod crosswalk;
mod csv;
pub mod error;
mod expression;
pub mod extent;
mod file;
mod impute;
mod join;
mod key;
mod layout;
pub mod ledger;
mod lines;
pub mod load;
mod locate;
mod order;
pub mod package;
pub mod periods;
pub mod predicate;
mod read;
mod request;
mod scan;
mod select;
pub mod source;
mod spells;
mod stata;
pub mod table;
#[cfg(test)]
mod tests;

pub use column::{Column, Factor};
pub(crate) use csv::{FALSE, TRUE};
pub use error::DataError;
pub use extent::{ColumnExtent, Extent, extent};
pub use ledger::{Ledger, Loss, Reason};
pub use load::{Loaded, columns, inputs, load, missing_inputs, path};
pub use package::DataPackage;
pub use periods::Periods;
pub use source::SourceRecord;
pub use table::{Index, Panel};
