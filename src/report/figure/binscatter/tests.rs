use super::*;
use crate::report::figure::assert_draws;

fn plot(bins: Vec<Bin>) -> BinscatterPlot {
    BinscatterPlot {
        frame: Frame {
            title: "Wage growth over cluster strength".into(),
            note: Some("Net of initial wage, region and industry effects.".into()),
            synthetic: false,
        },
        x_title: "Cluster strength (outside the industry)".into(),
        y_title: "Annual wage growth".into(),
        bins,
        fit: Some(FitLine { intercept: 0.01, slope: 0.04, label: "slope 0.040 (0.006)".into() }),
    }
}

fn line(k: usize) -> Bin {
    let x = k as f64 / 4.0 - 2.0;
    Bin { x, y: 0.01 + 0.04 * x + 0.02 * (k as f64 * 1.7).sin(), n: 800 }
}

#[test]
fn a_small_plot() {
    insta::assert_snapshot!(binscatter(&plot((0..3).map(line).collect())).as_str());
}

#[test]
fn outliers_and_uneven_bins_stay_inside() {
    let typical = binscatter(&plot((0..20).map(line).collect()));
    let mut bins: Vec<Bin> = (0..20).map(line).collect();
    bins.push(Bin { x: 14.0, y: -3.0, n: 4000 });
    bins.push(Bin { x: f64::NAN, y: 1.0, n: 5 });
    let outlier = binscatter(&plot(bins));
    assert_eq!(outlier.as_str().matches("<circle").count(), 21);
    assert_draws(&typical, "binscatter");
    assert_draws(&outlier, "binscatter-outlier");
}

#[test]
fn nothing_to_show_is_said() {
    assert!(binscatter(&plot(vec![])).as_str().contains("No observations to show"));
    assert!(!binscatter(&plot(vec![])).as_str().contains("NaN"));
}
