//! `errors = ...`: as typed, checked, and as a canonical text.
//!
//! Another kind of errors is a field of [`ErrorsTable`], a variant of [`ErrorsKind`], and a line in each of
//! the check of [`ErrorsTable`], [`ErrorsKind::canonical`] and [`ErrorsKind::names`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;
use super::wild::RawWild;
use crate::design::Way;
use crate::vcov::{ClusterType, Conley, Dialect, Errors, Lags, PlmErrors, PlmMethod, PlmType, SpatialKernel};

/// Standard errors: a name, or a table.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ErrorsSection {
    /// `"iid"`, `"hc0"`, `"hc1"`, `"hc2"`, `"hc3"` or `"hc4"`.
    Named(ErrorsName),
    /// `{ cluster = ..., type = ..., like = ... }` and the like.
    Detailed(ErrorsTable),
}

/// Errors that need nothing but a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorsName {
    /// Independent errors with equal variance.
    Iid,
    /// Robust to unequal variances (White), without a factor.
    Hc0,
    /// The same with the N/(N-K) factor.
    Hc1,
    /// Adjusted for leverage: squared residuals over 1 - h.
    Hc2,
    /// Squared residuals over (1 - h)², close to the jackknife.
    Hc3,
    /// Squared residuals over (1 - h) to a power that grows with the leverage (Cribari-Neto).
    Hc4,
}

/// Errors in detail.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct ErrorsTable {
    /// Variables whose levels are the clusters: one, several (multi-way, up to four), or combined as in `region^cluster`.
    #[serde(default)]
    pub cluster: Option<OneOrMany>,
    /// With clusters `cr0`, `cr1` (default), `cr2`, `cr3` or `jackknife`; without them `iid` or `hc0` to `hc4`.
    #[serde(rename = "type", default)]
    pub kind: Option<ErrorsType>,
    /// Correlated over time within the units of the data: the number of lags, or `"auto"`.
    #[serde(default)]
    pub newey_west: Option<LagsSection>,
    /// Correlated between units and over time: the number of lags, or `"auto"`.
    #[serde(default)]
    pub driscoll_kraay: Option<LagsSection>,
    /// Correlated between places; with `newey_west` over time within units besides.
    #[serde(default)]
    pub conley: Option<ConleySection>,
    /// Short for `conley = { cutoff_km = ... }`.
    #[serde(default)]
    pub conley_km: Option<f64>,
    /// One of plm's robust covariances, with `type` `hc0` (default), `hc1` or `sss`.
    #[serde(default)]
    pub plm: Option<PlmName>,
    /// The levels that `plm` groups by (plm's `cluster`): `unit` (default) or `time`.
    #[serde(default)]
    pub by: Option<ByName>,
    /// Lags of `plm = "scc"` and `"nw"`: a number, or `"auto"` (default).
    #[serde(default)]
    pub lags: Option<LagsSection>,
    /// The program whose counting of N, K, G and degrees of freedom is followed: fixest where it has the errors, else
    /// clubsandwich (cr2), summclust (cr3, jackknife) or sandwich.
    #[serde(default)]
    pub like: Option<DialectName>,
    /// A wild bootstrap beside the errors.
    #[serde(default)]
    pub wild: Option<Box<RawWild>>,
}

/// `type` of errors in detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorsType {
    /// Independent errors with equal variance.
    Iid,
    /// Robust to unequal variances, without a factor.
    Hc0,
    /// With N/(N-K).
    Hc1,
    /// Adjusted for leverage.
    Hc2,
    /// Adjusted twice.
    Hc3,
    /// Adjusted the more the higher the leverage.
    Hc4,
    /// plm's small-sample factor, G/(G-1) (N-1)/(N-k).
    Sss,
    /// Clustered, without factors.
    Cr0,
    /// Clustered, with the factors of the dialect.
    Cr1,
    /// Clustered, adjusted for leverage (Bell and McCaffrey), with Satterthwaite's degrees of freedom.
    Cr2,
    /// Clustered, the jackknife about the estimate.
    Cr3,
    /// Clustered, the jackknife about its mean.
    Jackknife,
}

/// plm's robust covariances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlmName {
    /// `vcovHC(method = "arellano")`: clustered.
    Arellano,
    /// `vcovHC(method = "white1")`: independent rows.
    White1,
    /// `vcovHC(method = "white2")`: one variance per level.
    White2,
    /// `vcovBK`: Beck and Katz; by time it is their panel-corrected standard errors.
    Bk,
    /// `vcovSCC`: Driscoll and Kraay.
    Scc,
    /// `vcovNW`: Newey and West.
    Nw,
    /// `vcovDC`: double clustering.
    Dc,
}

/// `unit` or `time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByName {
    /// By units (plm's `group`).
    Unit,
    /// By periods.
    Time,
}

/// Lags: a number, or `"auto"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LagsSection {
    /// So many.
    Number(u32),
    /// By a rule.
    Word(LagsWord),
}

/// `"auto"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LagsWord {
    /// The fourth root of the number of periods, rounded down.
    Auto,
}

impl From<LagsSection> for Lags {
    fn from(section: LagsSection) -> Lags {
        match section {
            LagsSection::Number(lags) => Lags::Given(lags as usize),
            LagsSection::Word(LagsWord::Auto) => Lags::Rule,
        }
    }
}

/// Errors correlated over space.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ConleySection {
    /// Distance in km beyond which nothing is correlated.
    pub cutoff_km: f64,
    /// The column of latitudes in degrees (default: `lat`).
    #[serde(default)]
    pub lat: Option<String>,
    /// The column of longitudes in degrees (default: `lon`).
    #[serde(default)]
    pub lon: Option<String>,
    /// How correlation falls with distance.
    #[serde(default)]
    pub kernel: KernelName,
}

/// How correlation falls with distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KernelName {
    /// One up to the cutoff.
    #[default]
    Uniform,
    /// Falling linearly to zero at the cutoff.
    Bartlett,
}

/// Programs whose small-sample counting isard follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum DialectName {
    /// fixest 0.13 and later: effects nested in a cluster are not counted, the smallest number of clusters counts.
    #[serde(rename = "fixest")]
    Fixest,
    /// fixest up to 0.12.
    #[serde(rename = "fixest-0.12")]
    Fixest012,
    /// pyfixest: as fixest, with other factors of hc2, hc3 and cr3.
    #[serde(rename = "pyfixest")]
    Pyfixest,
    /// reghdfe 6: as fixest, with redundant levels of two effects counted exactly.
    #[serde(rename = "reghdfe")]
    Reghdfe,
    /// Stata's areg: every absorbed parameter counts.
    #[serde(rename = "areg")]
    Areg,
    /// Stata's xtreg, fe: panels nested in the clusters do not count.
    #[serde(rename = "xtreg")]
    Xtreg,
    /// statsmodels' OLS with dummies: normal distribution, each way its own number of clusters.
    #[serde(rename = "statsmodels")]
    Statsmodels,
    /// linearmodels' PanelOLS: no factor for clusters.
    #[serde(rename = "linearmodels")]
    Linearmodels,
    /// R's plm: no factor.
    #[serde(rename = "plm")]
    Plm,
    /// R's sandwich with dummies: every parameter counts, each way its own number of clusters.
    #[serde(rename = "sandwich")]
    Sandwich,
    /// R's clubSandwich: no factor, Satterthwaite's degrees of freedom.
    #[serde(rename = "clubsandwich")]
    Clubsandwich,
    /// R's summclust: the cluster jackknife.
    #[serde(rename = "summclust")]
    Summclust,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Dialect {
        match name {
            DialectName::Fixest => Dialect::Fixest,
            DialectName::Fixest012 => Dialect::Fixest012,
            DialectName::Pyfixest => Dialect::Pyfixest,
            DialectName::Reghdfe => Dialect::Reghdfe,
            DialectName::Areg => Dialect::Areg,
            DialectName::Xtreg => Dialect::Xtreg,
            DialectName::Statsmodels => Dialect::Statsmodels,
            DialectName::Linearmodels => Dialect::Linearmodels,
            DialectName::Plm => Dialect::Plm,
            DialectName::Sandwich => Dialect::Sandwich,
            DialectName::Clubsandwich => Dialect::Clubsandwich,
            DialectName::Summclust => Dialect::Summclust,
        }
    }
}

/// Checked standard errors.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorsSpec {
    /// What kind.
    pub kind: ErrorsKind,
    /// Whose counting, if the study says.
    pub like: Option<DialectName>,
}

/// Kinds of standard errors.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorsKind {
    /// Independent, equal variance.
    Iid,
    /// White's, with N/(N-K).
    Hc1,
    /// White's in another form.
    Hetero(ErrorsName),
    /// Clustered (CR1): each way is a list of columns whose combination forms the clusters.
    Cluster(Vec<Vec<String>>),
    /// Clustered in another form.
    Adjusted(ClusterType, Vec<Vec<String>>),
    /// Correlated over time within units.
    NeweyWest(Lags),
    /// Correlated between units and over time.
    DriscollKraay(Lags),
    /// Correlated over space.
    Conley {
        /// Distance, kernel and lags.
        spec: Conley,
        /// Columns of latitude and longitude.
        places: (String, String),
    },
    /// One of plm's.
    Plm(PlmErrors),
}

impl ErrorsSpec {
    /// One canonical text per meaning, for keys and labels.
    pub fn canonical(&self) -> String {
        self.kind.canonical()
    }

    /// The text for keys, with the program.
    pub fn key(&self) -> String {
        format!("{} like {}", self.canonical(), self.dialect())
    }

    /// Whose counting.
    pub fn dialect(&self) -> Dialect {
        self.like.map_or_else(|| Dialect::of(&self.kind.errors()), Dialect::from)
    }
}

impl ErrorsKind {
    /// Errors that need nothing but a name.
    fn named(name: ErrorsName) -> ErrorsKind {
        match name {
            ErrorsName::Iid => ErrorsKind::Iid,
            ErrorsName::Hc1 => ErrorsKind::Hc1,
            other => ErrorsKind::Hetero(other),
        }
    }

    /// Clusters: each way is a list of columns; empty for other errors.
    pub fn ways(&self) -> &[Vec<String>] {
        match self {
            ErrorsKind::Cluster(ways) | ErrorsKind::Adjusted(_, ways) => ways,
            _ => &[],
        }
    }

    /// The same errors with other clusters; what is not clustered becomes CR1.
    pub fn with_ways(&self, ways: Vec<Vec<String>>) -> ErrorsKind {
        match self {
            ErrorsKind::Adjusted(kind, _) => ErrorsKind::Adjusted(*kind, ways),
            _ => ErrorsKind::Cluster(ways),
        }
    }

    /// Columns that the errors themselves name, besides the data's unit and time.
    pub fn names(&self) -> Vec<&str> {
        match self {
            ErrorsKind::Conley { places: (latitude, longitude), .. } => vec![latitude, longitude],
            other => other.ways().iter().flatten().map(String::as_str).collect(),
        }
    }

    /// Whether the data's time is needed, and its unit.
    pub fn follows(&self) -> (bool, bool) {
        match self {
            ErrorsKind::NeweyWest(_) | ErrorsKind::Plm(_) => (true, true),
            ErrorsKind::DriscollKraay(_) => (true, false),
            ErrorsKind::Conley { spec, .. } => (spec.serial.is_some(), spec.serial.is_some()),
            _ => (false, false),
        }
    }

    /// What the covariance is computed with.
    pub fn errors(&self) -> Errors {
        let names = |ways: &[Vec<String>]| ways.iter().map(|way| way.join("^")).collect();
        match self {
            ErrorsKind::Iid => Errors::Iid,
            ErrorsKind::Hc1 => Errors::Hc1,
            ErrorsKind::Hetero(name) => match name {
                ErrorsName::Iid => Errors::Iid,
                ErrorsName::Hc0 => Errors::Hc0,
                ErrorsName::Hc1 => Errors::Hc1,
                ErrorsName::Hc2 => Errors::Hc2,
                ErrorsName::Hc3 => Errors::Hc3,
                ErrorsName::Hc4 => Errors::Hc4,
            },
            ErrorsKind::Cluster(ways) => Errors::Cluster(names(ways)),
            ErrorsKind::Adjusted(kind, ways) => Errors::Adjusted(*kind, names(ways)),
            ErrorsKind::NeweyWest(lags) => Errors::NeweyWest(*lags),
            ErrorsKind::DriscollKraay(lags) => Errors::DriscollKraay(*lags),
            ErrorsKind::Conley { spec, .. } => Errors::Conley(*spec),
            ErrorsKind::Plm(spec) => Errors::Plm(*spec),
        }
    }

    /// One canonical text per meaning.
    pub fn canonical(&self) -> String {
        let listed = |ways: &[Vec<String>]| ways.iter().map(|way| way.join("^")).collect::<Vec<_>>().join(", ");
        let lags = |lags: &Lags| match lags {
            Lags::Rule => "auto".to_string(),
            Lags::Given(lags) => lags.to_string(),
        };
        match self {
            ErrorsKind::Cluster(ways) => format!("cluster({})", listed(ways)),
            ErrorsKind::Adjusted(kind, ways) => format!("{}({})", kind.name(), listed(ways)),
            ErrorsKind::NeweyWest(by) => format!("newey_west({})", lags(by)),
            ErrorsKind::DriscollKraay(by) => format!("driscoll_kraay({})", lags(by)),
            ErrorsKind::Conley { spec, places: (latitude, longitude) } => {
                let serial = spec.serial.as_ref().map(|by| format!(", newey_west({})", lags(by))).unwrap_or_default();
                format!("conley({} km, {}, {latitude}, {longitude}{serial})", spec.cutoff_km, spec.kernel.name())
            }
            ErrorsKind::Plm(spec) => {
                let kind = match spec.kind {
                    PlmType::Hc0 => "hc0",
                    PlmType::Hc1 => "hc1",
                    PlmType::Sss => "sss",
                };
                let by = if spec.by == Way::Unit { "unit" } else { "time" };
                let lagged = matches!(spec.method, PlmMethod::Scc | PlmMethod::NeweyWest);
                let lags = if lagged { format!(", {}", lags(&spec.lags)) } else { String::new() };
                format!("plm {}({kind}, {by}{lags})", spec.name())
            }
            other => other.errors().kind().to_string(),
        }
    }
}

impl ErrorsTable {
    /// A name for a choice along an axis: `cr2(region+year)`, `newey_west`.
    pub fn label(&self) -> String {
        let clusters = self.cluster.as_ref().map(|cluster| format!("({})", cluster.names().join("+")));
        let kind = self.kind.map(word).or(clusters.is_some().then_some("cluster"));
        let others = self.given().into_iter().filter(|key| *key != "cluster").chain(kind).collect::<Vec<_>>();
        format!("{}{}", others.join("+"), clusters.unwrap_or_default())
    }

    /// The keys in use that exclude each other.
    fn given(&self) -> Vec<&'static str> {
        let newey_west = self.newey_west.is_some() && self.conley.is_none() && self.conley_km.is_none();
        [
            ("cluster", self.cluster.is_some()),
            ("newey_west", newey_west),
            ("driscoll_kraay", self.driscoll_kraay.is_some()),
            ("plm", self.plm.is_some()),
            ("conley", self.conley.is_some()),
            ("conley_km", self.conley_km.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
        .collect()
    }
}

impl Checker<'_> {
    /// Checks the errors of a model; `at` is the place of `errors` in the study.
    pub(super) fn errors(&mut self, section: Option<&ErrorsSection>, at: &str) -> Option<ErrorsSpec> {
        let spec = match section {
            None => ErrorsSpec { kind: ErrorsKind::Iid, like: None },
            Some(ErrorsSection::Named(name)) => ErrorsSpec { kind: ErrorsKind::named(*name), like: None },
            Some(ErrorsSection::Detailed(table)) => return self.errors_table(table, at),
        };
        self.defined(&spec, at).then_some(spec)
    }

    /// Checks errors in detail.
    pub(super) fn errors_table(&mut self, table: &ErrorsTable, at: &str) -> Option<ErrorsSpec> {
        let spec = ErrorsSpec { kind: self.errors_kind(table, at)?, like: table.like };
        self.defined(&spec, at).then_some(spec)
    }

    /// Whether the data have what the errors need and the program has such errors; faults if not.
    fn defined(&mut self, spec: &ErrorsSpec, at: &str) -> bool {
        let errors = spec.kind.errors();
        let dialect = spec.dialect();
        if spec.kind.follows().0 && !self.source.has("data.time") {
            let message = format!("{} errors need the time of each row, and [data] names none", errors.kind());
            self.fault(at, message, Some("add time = \"...\" to [data]".into()));
            return false;
        }
        if dialect.has(&errors) {
            return true;
        }
        let fault = dialect.not_defined(&errors, None).to_string();
        let (message, help) = fault.split_once("; ").unwrap_or((&fault, ""));
        self.fault(&format!("{at}.like"), message, Some(help.to_string()));
        false
    }

    fn errors_kind(&mut self, table: &ErrorsTable, at: &str) -> Option<ErrorsKind> {
        let given = table.given();
        if given.len() > 1 {
            let help = "keep one of them; only conley and newey_west go together";
            self.fault(at, format!("errors have both `{}` and `{}`", given[0], given[1]), Some(help.into()));
            return None;
        }
        if let Some(cluster) = &table.cluster {
            let ways = self.clusters(cluster, &format!("{at}.cluster"))?;
            return self.cluster_type(table.kind, ways, at);
        }
        if let Some(name) = table.plm {
            return self.plm(name, table, at);
        }
        for (key, given) in [("by", table.by.is_some()), ("lags", table.lags.is_some())] {
            if given {
                self.fault(
                    &format!("{at}.{key}"),
                    format!("`{key}` goes with `plm` only"),
                    Some("leave it out".into()),
                );
                return None;
            }
        }
        if let (Some(kind), [key]) = (table.kind, given.as_slice()) {
            let help =
                format!("`type` is for clustered and heteroskedastic errors; leave it out, or leave out `{key}`");
            self.fault(&format!("{at}.type"), format!("{} and `{key}` do not go together", word(kind)), Some(help));
            return None;
        }
        if let Some(conley) = self.conley(table, at) {
            return conley;
        }
        match (table.newey_west, table.driscoll_kraay) {
            (Some(lags), _) => Some(ErrorsKind::NeweyWest(lags.into())),
            (_, Some(lags)) => Some(ErrorsKind::DriscollKraay(lags.into())),
            _ => self.plain_type(table.kind, at),
        }
    }

    /// One of plm's covariances.
    fn plm(&mut self, name: PlmName, table: &ErrorsTable, at: &str) -> Option<ErrorsKind> {
        let kind = match table.kind {
            None | Some(ErrorsType::Hc0) => PlmType::Hc0,
            Some(ErrorsType::Hc1) => PlmType::Hc1,
            Some(ErrorsType::Sss) => PlmType::Sss,
            Some(other) => {
                let message = format!("`plm` has no `type = \"{}\"`", word(other));
                self.fault(&format!("{at}.type"), message, Some("write hc0, hc1 or sss".into()));
                return None;
            }
        };
        let method = match name {
            PlmName::Arellano => PlmMethod::Arellano,
            PlmName::White1 => PlmMethod::White1,
            PlmName::White2 => PlmMethod::White2,
            PlmName::Bk => PlmMethod::BeckKatz,
            PlmName::Scc => PlmMethod::Scc,
            PlmName::Nw => PlmMethod::NeweyWest,
            PlmName::Dc => PlmMethod::Double,
        };
        let by = if table.by == Some(ByName::Time) { Way::Time } else { Way::Unit };
        Some(ErrorsKind::Plm(PlmErrors { method, kind, by, lags: table.lags.map_or(Lags::Rule, Lags::from) }))
    }

    fn cluster_type(&mut self, kind: Option<ErrorsType>, ways: Vec<Vec<String>>, at: &str) -> Option<ErrorsKind> {
        let adjusted = match kind {
            None | Some(ErrorsType::Cr1) => return Some(ErrorsKind::Cluster(ways)),
            Some(ErrorsType::Cr0) => ClusterType::Cr0,
            Some(ErrorsType::Cr2) => ClusterType::Cr2,
            Some(ErrorsType::Cr3) => ClusterType::Cr3,
            Some(ErrorsType::Jackknife) => ClusterType::Jackknife,
            Some(other) => {
                let help = "with clusters the types are cr0, cr1, cr2, cr3, jackknife; or leave `cluster` out";
                self.fault(
                    &format!("{at}.type"),
                    format!("errors have both `cluster` and `type = \"{}\"`", word(other)),
                    Some(help.into()),
                );
                return None;
            }
        };
        Some(ErrorsKind::Adjusted(adjusted, ways))
    }

    fn plain_type(&mut self, kind: Option<ErrorsType>, at: &str) -> Option<ErrorsKind> {
        Some(ErrorsKind::named(match kind {
            None | Some(ErrorsType::Iid) => ErrorsName::Iid,
            Some(ErrorsType::Hc0) => ErrorsName::Hc0,
            Some(ErrorsType::Hc1) => ErrorsName::Hc1,
            Some(ErrorsType::Hc2) => ErrorsName::Hc2,
            Some(ErrorsType::Hc3) => ErrorsName::Hc3,
            Some(ErrorsType::Hc4) => ErrorsName::Hc4,
            Some(other) => {
                let help = "add cluster = \"...\", the variable whose levels are the clusters";
                let message = format!("`type = \"{}\"` needs clusters", word(other));
                self.fault(&format!("{at}.type"), message, Some(help.into()));
                return None;
            }
        }))
    }

    /// Errors over space, if the table has them.
    fn conley(&mut self, table: &ErrorsTable, at: &str) -> Option<Option<ErrorsKind>> {
        let (cutoff_km, section, key) = match (&table.conley, table.conley_km) {
            (Some(section), _) => (section.cutoff_km, Some(section), "conley.cutoff_km"),
            (None, Some(cutoff_km)) => (cutoff_km, None, "conley_km"),
            (None, None) => return None,
        };
        if !(cutoff_km.is_finite() && cutoff_km > 0.0) {
            let message = format!("the cutoff of Conley errors is {cutoff_km} km: it must be more than zero");
            self.fault(&format!("{at}.{key}"), message, None);
            return Some(None);
        }
        let column = |name: Option<&String>, otherwise: &str| name.cloned().unwrap_or_else(|| otherwise.to_string());
        let kernel = match section.map(|section| section.kernel).unwrap_or_default() {
            KernelName::Uniform => SpatialKernel::Uniform,
            KernelName::Bartlett => SpatialKernel::Bartlett,
        };
        let spec = Conley { cutoff_km, kernel, serial: table.newey_west.map(Lags::from) };
        let latitude = column(section.and_then(|section| section.lat.as_ref()), "lat");
        let longitude = column(section.and_then(|section| section.lon.as_ref()), "lon");
        Some(Some(ErrorsKind::Conley { spec, places: (latitude, longitude) }))
    }

    /// The ways of clustering, each a list of columns.
    pub(super) fn clusters(&mut self, cluster: &OneOrMany, at: &str) -> Option<Vec<Vec<String>>> {
        let mut ways = Vec::new();
        for (position, text) in cluster.names().iter().enumerate() {
            match crate::formula::parse_factor_list(text) {
                Ok(way) => ways.push(way),
                Err(fault) => {
                    let inner =
                        if matches!(cluster, OneOrMany::Many(_)) { format!("{at}.{position}") } else { at.to_string() };
                    self.syntax(&inner, fault);
                    return None;
                }
            }
        }
        if ways.is_empty() {
            let help = "write errors = \"iid\" for errors without clusters";
            self.fault(at, "`cluster` names no variable", Some(help.into()));
            return None;
        }
        if ways.len() > 4 {
            let help = "combine variables into one with ^ (`region^year`), or cluster by the coarsest";
            self.fault(
                at,
                format!("`cluster` has {} ways, and at most four are added up", ways.len()),
                Some(help.into()),
            );
            return None;
        }
        Some(ways)
    }

    /// A choice along the axis `errors`.
    pub(super) fn errors_choice(&mut self, text: &str, at: &str) -> Option<ErrorsSpec> {
        let names = ["iid", "hc0", "hc1", "hc2", "hc3", "hc4"];
        match serde_json::from_value::<ErrorsName>(serde_json::Value::String(text.to_string())) {
            Ok(name) => Some(ErrorsSpec { kind: ErrorsKind::named(name), like: None }),
            Err(_) => {
                let near =
                    super::nearest(text, names).map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
                let help = format!("{near}valid values: {}, or a table as `errors` of a model takes", names.join(", "));
                self.fault(at, format!("`{text}` is not a kind of errors"), Some(help));
                None
            }
        }
    }
}

/// A type as a study spells it.
fn word(kind: ErrorsType) -> &'static str {
    match kind {
        ErrorsType::Iid => "iid",
        ErrorsType::Hc0 => "hc0",
        ErrorsType::Hc1 => "hc1",
        ErrorsType::Hc2 => "hc2",
        ErrorsType::Hc3 => "hc3",
        ErrorsType::Hc4 => "hc4",
        ErrorsType::Sss => "sss",
        ErrorsType::Cr0 => "cr0",
        ErrorsType::Cr1 => "cr1",
        ErrorsType::Cr2 => "cr2",
        ErrorsType::Cr3 => "cr3",
        ErrorsType::Jackknife => "jackknife",
    }
}
