//! Expressions on a panel: from syntax trees to columns.
