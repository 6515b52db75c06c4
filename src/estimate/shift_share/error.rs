//! Faults of shift-share designs.

/// Why there is no shift-share variable or estimate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShiftShareError {
    /// A share below zero, or not a number.
    #[error(
        "sector {sector} has the share {share} in {region}: shares are finite and not negative; mend or drop that row"
    )]
    BadShare {
        /// The region (and time).
        region: String,
        /// The sector.
        sector: String,
        /// The share.
        share: f64,
    },
    /// Two shares of one sector in one region.
    #[error("sector {sector} has two shares in {region}: sum them first, or name the column that tells them apart")]
    DuplicateShare {
        /// The region (and time).
        region: String,
        /// The sector.
        sector: String,
    },
    /// Two shocks of one sector.
    #[error("sector {sector} has two shocks: give `time` if shocks differ by period, or keep one row per sector")]
    DuplicateShock {
        /// The sector.
        sector: String,
    },
    /// Sectors with shares but no shock.
    #[error(
        "{sectors} sectors have shares but no shock (for example {}): add their shocks, or take their shares out, which leaves the shares incomplete",
        .examples.join(", ")
    )]
    SectorsWithoutShock {
        /// How many.
        sectors: usize,
        /// Up to five.
        examples: Vec<String>,
    },
    /// No region of the panel has shares.
    #[error(
        "no region of the panel has shares: the panel has {}, the shares have {}; the ids must be written alike",
        .panel.join(", "), .shares.join(", ")
    )]
    NoRegionMatches {
        /// Up to three regions of the panel.
        panel: Vec<String>,
        /// Up to three of the shares.
        shares: Vec<String>,
    },
    /// A region whose sizes sum to zero has no shares.
    #[error("the sizes of {region} sum to zero, so that it has no shares; drop its rows")]
    EmptyRegion {
        /// The region.
        region: String,
    },
    /// National growth that is not defined.
    #[error(
        "the growth of sector {sector} outside {region} is not defined: its size there is zero; take that sector out"
    )]
    NoGrowth {
        /// The sector.
        sector: String,
        /// The region left out, or `no region`.
        region: String,
    },
    /// A sector of several groups.
    #[error("sector {sector} is in two groups of `cluster`, {first} and {second}: a sector belongs to one")]
    TwoGroups {
        /// The sector.
        sector: String,
        /// The first group.
        first: String,
        /// Another.
        second: String,
    },
    /// Too few sectors with positive shares.
    #[error("only {sectors} sector has a positive share in the sample: exposure-robust errors need several shocks")]
    FewSectors {
        /// How many.
        sectors: usize,
    },
    /// More independent sectors than rows can tell apart.
    #[error(
        "{sectors} sectors with linearly independent shares and {rows} rows: the shift-share variable cannot be regressed on the shares; combine sectors, or use a sample with more regions"
    )]
    TooManySectors {
        /// Independent share columns.
        sectors: usize,
        /// Rows of the sample.
        rows: usize,
    },
    /// All sectors in one group.
    #[error("all shocks are in one group of `cluster`, {group}: errors cannot be clustered by it")]
    OneGroup {
        /// The group.
        group: String,
    },
    /// The instrument has no variation or no effect on the endogenous variable.
    #[error(
        "{variable} has nothing left once the controls are taken out: use fewer controls or effects, or a sample in which it varies"
    )]
    NoVariation {
        /// The variable.
        variable: String,
    },
    /// A balance variable without a value in some rows of the sample.
    #[error(
        "{variable} is missing in {rows} rows of the model's sample, where its balance is tested: narrow the sample with `where`"
    )]
    BalanceMissing {
        /// The variable.
        variable: String,
        /// In how many rows.
        rows: usize,
    },
    /// Lengths that differ.
    #[error("{what} has {given} values, but {expected} are needed")]
    LengthDiffers {
        /// What.
        what: &'static str,
        /// Its length.
        given: usize,
        /// What it should be.
        expected: usize,
    },
}

impl ShiftShareError {
    /// Whether the tables are at fault, rather than the model that uses them.
    pub fn is_data(&self) -> bool {
        !matches!(
            self,
            ShiftShareError::FewSectors { .. }
                | ShiftShareError::TooManySectors { .. }
                | ShiftShareError::OneGroup { .. }
                | ShiftShareError::NoVariation { .. }
                | ShiftShareError::BalanceMissing { .. }
                | ShiftShareError::LengthDiffers { .. }
        )
    }
}
