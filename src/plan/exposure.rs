//! The shift-share variables of a study: tables to [`Exposure`], matched with the panel by region (and period).

use std::sync::Arc;

use indexmap::IndexMap;

use super::execute::RunError;
use super::prepare::{Roles, number_column, text_column};
use crate::estimate::shift_share::{Exposure, ShareLine, ShockLine, Shocks};
use crate::note::Note;
use crate::panel::{Column, Factor, Loaded, Panel};
use crate::study::Study;
use crate::study::shift_share::{ShareColumn, ShiftShareBlock, ShockSource};

/// Builds every shift-share variable and gives it to the panel, with the sum of its shares beside it.
///
/// # Errors
/// Tables that cannot be read or that contradict themselves.
pub(super) fn attach(
    panel: &mut Panel,
    loaded: &mut Loaded,
    study: &Study,
    notes: &mut Vec<Note>,
) -> Result<IndexMap<String, Arc<Exposure>>, RunError> {
    let mut built = IndexMap::new();
    for block in &study.shift_share {
        let region = block.region.clone().unwrap_or_else(|| Roles::of(study).region);
        let (exposure, found) = exposure(panel, loaded, block, &region)?;
        notes.extend(found);
        panel.insert(block.name.clone(), Column::number(exposure.variable()));
        panel.insert(block.sum_name(), Column::number(exposure.share_sums()));
        built.insert(block.name.clone(), Arc::new(exposure));
    }
    Ok(built)
}

fn exposure(
    panel: &Panel,
    loaded: &mut Loaded,
    block: &ShiftShareBlock,
    region: &str,
) -> Result<(Exposure, Vec<Note>), RunError> {
    let name = &block.shares;
    let table = loaded.table(name)?;
    let regions = keys(&table, name, &[Some(region), block.time.as_deref()])?;
    let sectors = keys(&table, name, &[Some(&block.sector), block.time.as_deref()])?;
    let share = number_column(&table, name, block.share.name())?;
    let lines: Vec<ShareLine> = (0..table.n_rows())
        .filter_map(|row| {
            let (region, sector) = (regions.text(row)?.to_string(), sectors.text(row)?.to_string());
            Some(ShareLine { region, sector, share: share[row] })
        })
        .collect();
    let kept: Vec<usize> =
        (0..table.n_rows()).filter(|&row| regions.text(row).is_some() && sectors.text(row).is_some()).collect();
    let shocks = match &block.shocks {
        ShockSource::Growth { later, leave_one_out } => {
            let later = number_column(&table, name, later)?;
            let groups = block.cluster.as_ref().map(|column| text_column(&table, name, column)).transpose()?;
            Shocks::Growth {
                later: kept.iter().map(|&row| later[row]).collect(),
                groups: groups.map(|groups| {
                    kept.iter().map(|&row| groups.text(row).unwrap_or("(no group)").to_string()).collect()
                }),
                leave_one_out: *leave_one_out,
            }
        }
        ShockSource::Table { table, column } => Shocks::Table(shocks(loaded, block, table, column)?),
    };
    let rows = keys(panel, "the panel", &[Some(region), block.time.as_deref()])?;
    let of_rows: Vec<Option<&str>> = (0..panel.n_rows()).map(|row| rows.text(row)).collect();
    let sizes = matches!(block.share, ShareColumn::Size(_));
    Exposure::build(&lines, &shocks, sizes, &of_rows)
        .map_err(|source| RunError::ShiftShare { variable: block.name.clone(), source })
}

fn shocks(loaded: &mut Loaded, block: &ShiftShareBlock, name: &str, column: &str) -> Result<Vec<ShockLine>, RunError> {
    let table = loaded.table(name)?;
    let sectors = keys(&table, name, &[Some(&block.sector), block.time.as_deref()])?;
    let shock = number_column(&table, name, column)?;
    let groups = block.cluster.as_ref().map(|column| text_column(&table, name, column)).transpose()?;
    let line = |row: usize| {
        Some(ShockLine {
            sector: sectors.text(row)?.to_string(),
            shock: shock[row],
            group: groups.as_ref().and_then(|groups| groups.text(row)).map(str::to_string),
        })
    };
    Ok((0..table.n_rows()).filter_map(line).collect())
}

/// The combination of columns that identifies a region or sector, in a period if there is one.
fn keys(table: &Panel, name: &str, columns: &[Option<&str>]) -> Result<Factor, RunError> {
    let parts: Vec<Factor> =
        columns.iter().flatten().map(|column| text_column(table, name, column)).collect::<Result<_, _>>()?;
    Ok(Factor::interact(&parts.iter().collect::<Vec<_>>()))
}
