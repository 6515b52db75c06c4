//! [`Residuals`]: one per row, formed when they are first read.
//!
//! Models whose errors need only cross products never read them. In: a vector, or the columns and coefficients they come
//! from; out: a slice.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::products::Products;

/// Residuals of a linear model, one per row of the sample. They read as a slice.
#[derive(Clone)]
pub struct Residuals {
    formed: Arc<OnceLock<Vec<f64>>>,
    products: Option<Arc<Products>>,
}

impl Residuals {
    /// Residuals to be formed from columns and coefficients when they are read.
    pub(super) fn from_products(products: Products) -> Residuals {
        Residuals { formed: Arc::default(), products: Some(Arc::new(products)) }
    }

    /// The cross products that the model was solved from, if it was.
    pub(super) fn products(&self) -> Option<&Products> {
        self.products.as_deref()
    }

    /// The same residuals, not formed where they can be formed again: what is kept for other models holds no rows.
    pub(super) fn unformed(&self) -> Residuals {
        match &self.products {
            Some(products) => Residuals { formed: Arc::default(), products: Some(Arc::clone(products)) },
            None => self.clone(),
        }
    }
}

impl From<Vec<f64>> for Residuals {
    fn from(values: Vec<f64>) -> Residuals {
        Residuals { formed: Arc::new(OnceLock::from(values)), products: None }
    }
}

impl Deref for Residuals {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        // Not `get_or_init`: forming them runs on several threads, one of which might turn to another reader of the same
        // residuals and wait for itself. Two threads may form them; they form the same.
        if self.formed.get().is_none() {
            let _ = self.formed.set(self.products.as_ref().map_or_else(Vec::new, |products| products.residuals()));
        }
        self.formed.get().map_or(&[], Vec::as_slice)
    }
}

impl<'a> IntoIterator for &'a Residuals {
    type Item = &'a f64;
    type IntoIter = std::slice::Iter<'a, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Residuals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.formed.get().is_some() { "formed" } else { "not formed" };
        write!(f, "Residuals({state})")
    }
}
