//! Escaping of text for the markup languages that isard writes.
//!
//! Every label, note and formula comes from a user's file, so nothing reaches a table or the page except through here
//! (or through the template's own escaping).

/// Text for an HTML element or a quoted attribute.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text for LaTeX's text mode; the symbols that isard itself writes become mathematics.
pub fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match latex_char(c) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(c),
        }
    }
    out
}

fn latex_char(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => r"\textbackslash{}",
        '{' => r"\{",
        '}' => r"\}",
        '$' => r"\$",
        '&' => r"\&",
        '#' => r"\#",
        '%' => r"\%",
        '_' => r"\_",
        '^' => r"\textasciicircum{}",
        '~' => r"\textasciitilde{}",
        '<' => r"\textless{}",
        '>' => r"\textgreater{}",
        '|' => r"\textbar{}",
        // Not `\textquotedbl`, which the default font encoding does not have.
        '"' => r"\char34{}",
        // Braced so that a row that begins with it is not read as the option of the `\\` or the rule before.
        '[' => "{[}",
        ']' => "{]}",
        '*' => "{*}",
        '\u{a0}' => "~",
        '²' => "$^{2}$",
        '³' => "$^{3}$",
        '×' => r"$\times$",
        '·' => r"$\cdot$",
        '−' => "$-$",
        '±' => r"$\pm$",
        '≤' => r"$\leq$",
        '≥' => r"$\geq$",
        '∞' => r"$\infty$",
        '→' => r"$\rightarrow$",
        '–' => "--",
        '—' => "---",
        '…' => r"\ldots{}",
        'α' => r"$\alpha$",
        'β' => r"$\beta$",
        'γ' => r"$\gamma$",
        'δ' => r"$\delta$",
        'ε' => r"$\varepsilon$",
        'θ' => r"$\theta$",
        'λ' => r"$\lambda$",
        'μ' => r"$\mu$",
        'ρ' => r"$\rho$",
        'σ' => r"$\sigma$",
        'τ' => r"$\tau$",
        'Δ' => r"$\Delta$",
        _ => return None,
    })
}

/// Text for a cell of a GitHub table. Underscores inside words are left alone: GitHub reads them as they are.
pub fn markdown(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let in_word = |i: usize| {
        let is_word = |at: Option<&char>| at.is_some_and(|c| c.is_alphanumeric());
        is_word(i.checked_sub(1).and_then(|before| chars.get(before))) && is_word(chars.get(i + 1))
    };
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let is_special = matches!(c, '\\' | '|' | '*' | '`' | '[' | ']' | '~') || (c == '_' && !in_word(i));
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push(' '),
            _ => {
                if is_special {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_special_gets_through() {
        assert_eq!(html(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(latex("50% of_x & {y}"), r"50\% of\_x \& \{y\}");
        assert_eq!(latex("region^cluster R²"), r"region\textasciicircum{}cluster R$^{2}$");
        assert_eq!(markdown("initial_wage | x*y _z"), r"initial_wage \| x\*y \_z");
    }
}
