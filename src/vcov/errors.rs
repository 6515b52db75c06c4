//! [`Errors`]: the standard errors asked for.

/// Which errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Errors {
    /// Independent with one variance.
    #[default]
    Iid,
    /// Independent with any variances (White 1980), times N/(N-K).
    Hc1,
    /// Correlated within the levels of these cluster variables of the design; several are added up by inclusion and
    /// exclusion (Cameron, Gelbach and Miller 2011).
    Cluster(Vec<String>),
}

impl Errors {
    /// The word for records: `iid`, `hc1`, `cluster`.
    pub fn kind(&self) -> &'static str {
        match self {
            Errors::Iid => "iid",
            Errors::Hc1 => "hc1",
            Errors::Cluster(_) => "cluster",
        }
    }
}
