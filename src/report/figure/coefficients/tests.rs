use super::*;
use crate::report::figure::assert_draws;

fn point(estimate: f64, error: f64, levels: &[(f64, f64)]) -> CoefficientPoint {
    let interval =
        |(level, z): &(f64, f64)| Interval { level: *level, low: estimate - z * error, high: estimate + z * error };
    CoefficientPoint { estimate, intervals: levels.iter().map(interval).collect(), band: None, truth: None }
}

/// One model, two terms, with the truth of one.
fn small() -> CoefficientPlot {
    let levels = [(0.95, 1.96)];
    let truth = Some(0.05);
    CoefficientPlot {
        frame: Frame { title: "Strong clusters and wage growth".into(), note: None, synthetic: true },
        axis_title: "Annual wage growth".into(),
        terms: vec!["Initial wage".into(), "Cluster strength (outside the industry)".into()],
        series: vec![Series {
            name: "clusters".into(),
            points: vec![
                Some(point(-0.0312, 0.004, &levels)),
                Some(CoefficientPoint { truth, ..point(0.0412, 0.0057, &levels) }),
            ],
        }],
    }
}

/// Four models, eight terms with long names, three levels.
fn large() -> CoefficientPlot {
    let levels = [(0.9, 1.645), (0.95, 1.96), (0.99, 2.576)];
    let terms = [
        "log(lq(employment, within = cluster, outside = industry))",
        "log(lq(employment, within = related(cluster), outside = cluster))",
        "log(spatial_lag(lq(employment, within = cluster), neighbors))",
        "initial_wage",
        "i(year, ref = 2005)::2007:cluster_strength",
        "A_very_long_identifier_without_any_natural_place_to_break_it_in_the_middle",
        "Establishments per worker, 1990, standardised within region and industry",
        "x",
    ];
    let series = |model: usize| Series {
        name: ["Baseline", "With related clusters", "With neighbours", "Poisson, patents per worker"][model].into(),
        points: (0..8)
            .map(|term| {
                let estimate = 0.12 * ((term * 5 + model * 2) as f64).sin();
                let estimated = !(term == 2 && model < 2);
                estimated.then(|| CoefficientPoint {
                    truth: (term < 2).then_some(0.05),
                    ..point(estimate, 0.01 + 0.004 * term as f64, &levels)
                })
            })
            .collect(),
    };
    CoefficientPlot {
        frame: Frame {
            title: "Four models of growth in employment, establishments, wages and patents of industries in regions, 1990 to 2005".into(),
            note: Some("Source: County Business Patterns, 2018 and 2021. Errors clustered by region and by industry; every model absorbs region and industry effects.".into()),
            synthetic: false,
        },
        axis_title: String::new(),
        terms: terms.map(String::from).to_vec(),
        series: (0..4).map(series).collect(),
    }
}

#[test]
fn a_small_plot() {
    insta::assert_snapshot!(coefficients(&small()).as_str());
}

#[test]
fn a_large_plot_has_a_point_for_every_coefficient() {
    let svg = coefficients(&large());
    assert_eq!(svg.as_str().matches("<g>").count(), 8 * 4 - 2);
    assert!(svg.as_str().contains("90%, 95% and 99%"));
    assert_draws(&svg, "coefficients-large");
    assert_draws(&coefficients(&small()), "coefficients-small");
}

#[test]
fn what_is_not_finite_is_left_out() {
    let mut plot = small();
    plot.series[0].points[0] = Some(point(f64::NAN, 1.0, &[(0.95, 1.96)]));
    plot.series[0].points[1] = Some(point(1.0, f64::INFINITY, &[(0.95, 1.96)]));
    let svg = coefficients(&plot);
    assert_eq!(svg.as_str().matches("<g>").count(), 1);
    assert!(!svg.as_str().contains("NaN") && !svg.as_str().contains("inf\""));
    plot.series[0].points.clear();
    assert!(coefficients(&plot).as_str().contains("No estimates to show"));
    assert!(coefficients(&CoefficientPlot::default()).as_str().contains("No estimates to show"));
}
