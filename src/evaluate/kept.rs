//! [`Kept`]: what measures of the same columns of a panel share: codes, places with their sums, tables with their totals.
//!
//! Nothing here changes a number: what is kept is what would be computed again. It is forgotten when its column is.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::structure::Tables;
use crate::mapping::measures::Table;
use crate::mapping::measures::complexity::{Complexity, ComplexityError, Outlook};
use crate::mapping::{Codes, Places};
use crate::memo::Memo;

/// How many activities are kept: what is measured and what it is weighed with.
const ACTIVITIES: usize = 2;

/// What is kept of a panel.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Codes by the name of the column.
    pub codes: Memo<String, Codes>,
    /// Codes in the order of values, likewise.
    pub sorted: Memo<String, Codes>,
    /// Rows as tables, by the columns of regions and parts.
    pub tables: Memo<(String, String), Arc<Tables>>,
    /// Whether activities are kept from one expression to the next.
    keeps_activity: bool,
    /// The activities that were measured last: others are rarely asked for again, and tables are large.
    last: Mutex<Vec<Arc<OfActivity>>>,
}

/// What is kept of one quantity.
#[derive(Debug)]
pub(super) struct OfActivity {
    /// The quantity, one number per row.
    pub values: Arc<Vec<f64>>,
    /// Whether all of it was seen to be activity: finite and not negative, or missing.
    pub is_activity: OnceLock<()>,
    /// Its sums by place, by the names of region and time.
    pub places: Memo<String, Arc<Places>>,
    /// Its tables.
    pub tables: Memo<TableKey, Arc<Table>>,
    /// What tables say of complexity, of what may come of it and of fitness (regions, industries).
    pub complexity: Memo<TableKey, Arc<Result<Complexity, ComplexityError>>>,
    pub outlook: Memo<TableKey, Arc<Result<Outlook, ComplexityError>>>,
    pub fitness: Memo<TableKey, Arc<Fitness>>,
}

/// Fitness of regions and of industries.
pub(super) type Fitness = (Vec<f64>, Vec<f64>);

/// The columns of regions and parts, the period's code, and the bits of a threshold.
pub(super) type TableKey = (String, String, usize, u64);

impl Kept {
    /// For several expressions one after the other.
    pub fn between_expressions() -> Self {
        Kept { keeps_activity: true, ..Kept::default() }
    }

    /// What is kept of a quantity; nothing yet where it is another one than was asked for last.
    pub fn activity(&self, values: &Arc<Vec<f64>>) -> Arc<OfActivity> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.iter().find(|known| Arc::ptr_eq(&known.values, values)) {
            return Arc::clone(known);
        }
        let new = Arc::new(OfActivity {
            values: Arc::clone(values),
            is_activity: OnceLock::new(),
            places: Memo::default(),
            tables: Memo::default(),
            complexity: Memo::default(),
            outlook: Memo::default(),
            fitness: Memo::default(),
        });
        if self.keeps_activity {
            last.insert(0, Arc::clone(&new));
            last.truncate(ACTIVITIES);
        }
        new
    }

    /// Forgets what was made of a column, which is to become another.
    pub fn forget(&self, column: &str) {
        self.codes.retain(|name| name != column);
        self.sorted.retain(|name| name != column);
        self.tables.retain(|(region, part)| region != column && part != column);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
