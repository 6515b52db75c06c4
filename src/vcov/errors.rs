//! [`Errors`]: the standard errors asked for.

use super::plm::PlmErrors;

/// Which errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Errors {
    /// Independent with one variance.
    #[default]
    Iid,
    /// Independent with any variances (White 1980), without a factor.
    Hc0,
    /// The same times N/(N-K).
    Hc1,
    /// Squared residuals over `1 - h`, with `h` the leverage (MacKinnon and White 1985).
    Hc2,
    /// Squared residuals over `(1 - h)²`.
    Hc3,
    /// Squared residuals over `(1 - h)^d`, `d = min(4, h / mean h)` (Cribari-Neto 2004).
    Hc4,
    /// Correlated within the levels of these cluster variables of the design (CR1); several are added up by inclusion and
    /// exclusion (Cameron, Gelbach and Miller 2011).
    Cluster(Vec<String>),
    /// The same with residuals adjusted for leverage, or without factor.
    Adjusted(ClusterType, Vec<String>),
    /// Correlated over time within units, by Bartlett's weights (Newey and West 1987).
    NeweyWest(Lags),
    /// Correlated between units and over time, by Bartlett's weights (Driscoll and Kraay 1998).
    DriscollKraay(Lags),
    /// Correlated between places that are near each other (Conley 1999).
    Conley(Conley),
    /// One of plm's robust covariances.
    Plm(PlmErrors),
}

/// Clustered errors other than CR1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterType {
    /// No adjustment and no factor.
    Cr0,
    /// Residuals times `(I - H)^-1/2` of their cluster (Bell and McCaffrey 2002).
    Cr2,
    /// Residuals times `(I - H)^-1` of their cluster: the jackknife centred at the estimate.
    Cr3,
    /// The jackknife centred at the mean of the estimates that leave one cluster out.
    Jackknife,
}

impl ClusterType {
    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            ClusterType::Cr0 => "cr0",
            ClusterType::Cr2 => "cr2",
            ClusterType::Cr3 => "cr3",
            ClusterType::Jackknife => "jackknife",
        }
    }
}

/// How many lags count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lags {
    /// The fourth root of the number of periods, rounded down (fixest's rule).
    #[default]
    Rule,
    /// So many.
    Given(usize),
}

/// Errors correlated over space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conley {
    /// Distance in km beyond which nothing is correlated.
    pub cutoff_km: f64,
    /// How correlation falls with distance.
    pub kernel: SpatialKernel,
    /// Correlation over time within units besides (Hsiang 2010); then places count as near within a period only.
    pub serial: Option<Lags>,
}

/// How correlation falls with distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpatialKernel {
    /// One up to the cutoff.
    #[default]
    Uniform,
    /// `1 - d / cutoff`.
    Bartlett,
}

impl SpatialKernel {
    /// The word for records and studies.
    pub fn name(self) -> &'static str {
        match self {
            SpatialKernel::Uniform => "uniform",
            SpatialKernel::Bartlett => "bartlett",
        }
    }
}

impl Errors {
    /// The word for records: `iid`, `hc1`, `cluster` (CR1), `cr2`, `newey_west`, `conley`, ...
    pub fn kind(&self) -> &'static str {
        match self {
            Errors::Iid => "iid",
            Errors::Hc0 => "hc0",
            Errors::Hc1 => "hc1",
            Errors::Hc2 => "hc2",
            Errors::Hc3 => "hc3",
            Errors::Hc4 => "hc4",
            Errors::Cluster(_) => "cluster",
            Errors::Adjusted(kind, _) => kind.name(),
            Errors::NeweyWest(_) => "newey_west",
            Errors::DriscollKraay(_) => "driscoll_kraay",
            Errors::Conley(Conley { serial: None, .. }) => "conley",
            Errors::Conley(_) => "conley_newey_west",
            Errors::Plm(errors) => errors.name(),
        }
    }

    /// The cluster variables.
    pub fn clusters(&self) -> &[String] {
        match self {
            Errors::Cluster(names) | Errors::Adjusted(_, names) => names,
            _ => &[],
        }
    }

    /// The errors that moments are weighted by: leverage is a matter of coefficients, not of moments.
    pub fn of_moments(&self) -> Errors {
        match self {
            Errors::Hc0 | Errors::Hc2 | Errors::Hc3 | Errors::Hc4 => Errors::Hc1,
            Errors::Adjusted(_, names) => Errors::Cluster(names.clone()),
            other => other.clone(),
        }
    }

    /// Whether residuals are adjusted for leverage.
    pub fn needs_leverage(&self) -> bool {
        match self {
            Errors::Hc2 | Errors::Hc3 | Errors::Hc4 => true,
            Errors::Adjusted(kind, _) => *kind != ClusterType::Cr0,
            _ => false,
        }
    }
}
