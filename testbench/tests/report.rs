// SPDX-License-Identifier: Apache-2.0
//! The page of a campaign in a real browser, without a network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::process::Command;

use common::{folder, ipsec_cosim, skipped, text};

fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| {
            Command::new(name)
                .arg("--version")
                .output()
                .is_ok_and(|o| o.status.success())
        })
}

#[test]
fn the_page_works_in_a_browser_and_its_links_lead_somewhere() {
    let out = folder("report_page");
    let path = out.display().to_string();
    // Twice: a trend has two points.
    for seed in ["4", "5"] {
        let few = [
            "regress",
            "--device",
            "model",
            "--configs",
            "16x1",
            "--filter",
            "control-16x1-1",
        ];
        let run = [&few[..], &["--seed", seed, "--out", &path]].concat();
        assert_eq!(ipsec_cosim(&run).status.code(), Some(0));
    }
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        !page.contains("src=") && !page.contains("http"),
        "it needs something from outside"
    );
    for link in page.split("href=\"").skip(1) {
        let target = link.split('"').next().unwrap();
        assert!(out.join(target).exists(), "{target}");
    }
    let Some(browser) = browser() else {
        return skipped(
            "the report in a browser",
            "no chromium ('make setup-dev' installs it)",
        );
    };
    let profile = format!("--user-data-dir={}", out.join("profile").display());
    let open = |more: &[&str]| {
        let output = Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                &profile,
            ])
            .args(more)
            .arg(format!("file://{path}/report.html"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let page = open(&["--dump-dom"]);
    assert!(
        page.contains("data-ready=\"yes\""),
        "the script did not run to its end"
    );
    assert!(page.contains("<span id=\"found\">3 of 3</span>"));
    assert!(page.contains("2 campaigns in this folder"));
    let picture = out.join("page.png");
    open(&[
        "--window-size=1200,1600",
        &format!("--screenshot={}", picture.display()),
    ]);
    // A page of one colour is a few kilobytes.
    assert!(std::fs::metadata(&picture).unwrap().len() > 20_000);
}
