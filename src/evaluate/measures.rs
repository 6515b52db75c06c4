//! `share`, `lq`, `symmetric_lq` and `herfindahl`: the cluster measures of [`crate::mapping`] on the columns of a panel.
//!
//! - `within = industry` (default), `cluster`, `related(cluster)` or any column: the group whose share is taken;
//! - `outside = industry`: without the part of the group that is the row's own industry. For `related(cluster)` the
//!   row's own cluster is always left out, which `outside = cluster` says aloud;
//! - `base = total` (default), `traded` or `same_type`: whose total the share is a share of.
//!
//! `herfindahl(x)` is the concentration of a region's activity over its industries; `over` names other parts and
//! `within` other places, which are always parts of a region, unless it is the regions that are summed over.
//!
//! Measures are computed in each period, on all rows of the panel, before any sample filter: shares need whole totals.

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::{Call, word};
use super::value::{Numbers, Value};
use crate::formula::{Expr, ExprKind, Span};
use crate::mapping::measures::quotients::symmetric;
use crate::mapping::{Activity, Base, Cells, Codes, Part, RelatedWeights, herfindahl, location_quotient, share};
use crate::note::Note;
use crate::panel::Column;

/// What `within` says.
pub(super) struct Within<'e> {
    /// The group's column.
    pub column: String,
    /// Where it stands.
    pub span: Span,
    /// The call, when it is `related(...)`.
    related: Option<&'e Expr>,
}

impl Evaluator<'_> {
    pub(super) fn measure(&self, call: &Call) -> Result<Value, EvaluateError> {
        let values = self.activity(call, "x")?.into_rows(self.panel.n_rows());
        let region = self.role_codes("region", call)?;
        let time = self.time_codes();
        if call.function.name == "herfindahl" {
            return self.concentration(call, &values, &region, &time);
        }
        let within = self.within(call)?;
        let group = self.codes(&within.column, &within.span)?;
        self.note_unmatched(&within.column, &group);
        let focal = self.outside(call, &within)?;
        let links = within.related.map(|related| self.links(related, &within)).transpose()?;
        let part = match (&links, &focal) {
            (Some(links), _) => Part::Related(&group, links),
            (None, Some(focal)) => Part::Outside(&group, focal),
            (None, None) => Part::Group(&group),
        };
        let kind = self.base_rows(call)?;
        let base = match &kind {
            BaseRows::Total => Base::Total,
            BaseRows::Traded(rows) => Base::Rows(rows),
            BaseRows::SameType(codes) => Base::SameType(codes),
        };
        let activity = Activity { values: &values, region: &region, time: &time };
        let mut found = match call.function.name {
            "share" => share(activity, part, base),
            _ => location_quotient(activity, part, base),
        };
        if call.function.name == "symmetric_lq" {
            found.iter_mut().for_each(|quotient| *quotient = symmetric(*quotient));
        }
        Ok(Value::Numbers(Numbers::rows(found)))
    }

    /// The group a measure is about: `within`, or the industry, or the cluster where the panel has no industry.
    pub(super) fn within<'e>(&self, call: &Call<'e>) -> Result<Within<'e>, EvaluateError> {
        let Some(expr) = call.get("within") else {
            let roles = &self.setting.roles;
            let column = roles.industry.clone().or_else(|| roles.cluster.clone());
            let column = column.ok_or_else(|| no_role(call, "industry"))?;
            return Ok(Within { column, span: call.span.clone(), related: None });
        };
        let (name, related) = match &expr.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Call { function, args, .. } if function == "related" => match args.first().map(|a| &a.value.kind)
            {
                Some(ExprKind::Name(name)) => (name, Some(expr)),
                _ => return Err(call.wrong(&expr.span)),
            },
            _ => return Err(call.wrong(&expr.span)),
        };
        Ok(Within { column: self.group_column(name, &expr.span)?, span: expr.span.clone(), related })
    }

    /// Whether the measure is the same for all rows of its group in a region and period.
    pub(super) fn is_outside(&self, call: &Call, within: &Within) -> Result<bool, EvaluateError> {
        Ok(self.outside(call, within)?.is_some())
    }

    /// The codes of what is left out beyond the group itself.
    fn outside(&self, call: &Call, within: &Within) -> Result<Option<Codes>, EvaluateError> {
        let Some(expr) = call.get("outside") else { return Ok(None) };
        let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
        let column = self.group_column(name, &expr.span)?;
        match (within.related.is_some(), column == within.column) {
            (true, true) => Ok(None),
            (false, false) => self.codes(&column, &expr.span).map(Some),
            // A group outside itself is nothing; related clusters outside an industry are not defined.
            _ => Err(call.wrong(&expr.span)),
        }
    }

    /// The related clusters of each level of the cluster column.
    fn links(&self, related: &Expr, within: &Within) -> Result<Vec<Vec<(u32, f64)>>, EvaluateError> {
        let Some(relatedness) = &self.setting.relatedness else {
            return Err(EvaluateError::NoRelatedness { span: related.span.clone() });
        };
        let mut weights = RelatedWeights::Overlap;
        if let ExprKind::Call { args, .. } = &related.kind {
            for arg in args.iter().skip(1) {
                weights = match (arg.name.as_deref(), word(&arg.value)) {
                    (Some("weights"), Some("overlap")) => RelatedWeights::Overlap,
                    (Some("weights"), Some("binary")) => RelatedWeights::Binary,
                    (_, value) => {
                        let value = value.unwrap_or("this").to_string();
                        let (option, accepted) = ("weights", "overlap, binary");
                        return Err(EvaluateError::UnknownOption {
                            option,
                            value,
                            accepted,
                            span: arg.value.span.clone(),
                        });
                    }
                };
            }
        }
        let levels = self.panel.get(&within.column).map(|column| column.to_factor().levels);
        Ok(relatedness.rows(levels.as_deref().map_or(&[], Vec::as_slice), weights))
    }

    fn base_rows(&self, call: &Call) -> Result<BaseRows, EvaluateError> {
        let Some(expr) = call.get("base") else { return Ok(BaseRows::Total) };
        let value = word(expr).unwrap_or("this");
        if value == "total" {
            return Ok(BaseRows::Total);
        }
        if !matches!(value, "traded" | "same_type") {
            let (option, accepted, value) = ("base", "total, traded, same_type", value.to_string());
            return Err(EvaluateError::UnknownOption { option, value, accepted, span: expr.span.clone() });
        }
        let column = self.setting.roles.traded.as_deref().ok_or_else(|| no_role(call, "traded"))?;
        let name = Expr { kind: ExprKind::Name(column.to_string()), span: expr.span.clone() };
        let traded = self.condition(&name)?.into_rows(self.panel.n_rows());
        Ok(match value {
            "traded" => BaseRows::Traded(traded.iter().map(|&truth| truth == 1.0).collect()),
            _ => BaseRows::SameType(Codes::of_numbers(&traded).0),
        })
    }

    fn concentration(&self, call: &Call, x: &[f64], region: &Codes, time: &Codes) -> Result<Value, EvaluateError> {
        let over = match call.get("over") {
            None => self.setting.roles.industry.clone().ok_or_else(|| no_role(call, "industry"))?,
            Some(expr) => self.group_column(word(expr).ok_or_else(|| call.wrong(&expr.span))?, &expr.span)?,
        };
        let is_over_regions = self.setting.roles.region.as_deref() == Some(over.as_str());
        let place = match call.get("within") {
            Some(_) => Some(self.within(call)?),
            None if is_over_regions => Some(self.within(call)?),
            None => None,
        };
        let within = place.as_ref().map(|within| self.codes(&within.column, &within.span)).transpose()?;
        let place = match within {
            None => region.clone(),
            Some(codes) if is_over_regions => codes,
            Some(codes) => Cells::cross(region, &codes).codes,
        };
        let over = self.codes(&over, &call.span)?;
        Ok(Value::Numbers(Numbers::rows(herfindahl(x, &over, &place, time))))
    }

    /// Codes of the column with a role.
    pub(super) fn role_codes(&self, role: &'static str, call: &Call) -> Result<Codes, EvaluateError> {
        self.codes(&self.role_column(role, call)?, &call.span)
    }

    /// The column with a role.
    pub(super) fn role_column(&self, role: &'static str, call: &Call) -> Result<String, EvaluateError> {
        self.setting.roles.column(role).map(str::to_string).ok_or_else(|| no_role(call, role))
    }

    /// Notes industries that have no cluster when clusters are measured.
    fn note_unmatched(&self, column: &str, group: &Codes) {
        let roles = &self.setting.roles;
        let (Some(cluster), Some(industry)) = (&roles.cluster, &roles.industry) else { return };
        let Some(Column::Text(industries)) = self.panel.get(industry).filter(|_| cluster == column) else { return };
        let mut has_none = vec![false; industries.n_levels()];
        for row in 0..self.panel.n_rows() {
            if let (None, Some(is_unmatched)) = (group.at(row), has_none.get_mut(industries.codes[row] as usize)) {
                *is_unmatched = true;
            }
        }
        let mut names: Vec<&String> =
            industries.levels.iter().zip(&has_none).filter(|(_, none)| **none).map(|(name, _)| name).collect();
        if !names.is_empty() {
            names.sort_unstable();
            let examples = names.iter().take(5).map(|name| name.to_string()).collect();
            self.note(Note::IndustriesUnmatched { industries: names.len(), examples });
        }
    }
}

/// The rows whose activity is the whole.
enum BaseRows {
    Total,
    Traded(Vec<bool>),
    SameType(Codes),
}

fn no_role(call: &Call, role: &'static str) -> EvaluateError {
    EvaluateError::NoRole { function: call.function.name.to_string(), role, span: call.span.clone() }
}
