//! The cases, the documentation and the program agree: nothing is missing in any of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use ringbook::http::phone_manage::reply::{Field, Reply};

use crate::case::{self, Case, CaseFile};
use crate::fixture;

/// The tests of this module.
pub fn trials(files: &Arc<[CaseFile]>) -> Vec<Trial> {
    type Check = fn(&[CaseFile]) -> Vec<String>;
    let checks: [(&str, Check); 6] = [
        ("case_names_are_unique", case_names_are_unique),
        ("files_and_fixtures_are_used", files_and_fixtures_are_used),
        ("bodies_of_the_documentation_have_cases", bodies_of_the_documentation_have_cases),
        ("bodies_of_the_cases_are_documented", bodies_of_the_cases_are_documented),
        ("reasons_of_the_documentation_have_cases", reasons_of_the_documentation_have_cases),
        ("every_reply_has_a_case", every_reply_has_a_case),
    ];
    let trial = |(name, check): (&str, Check)| {
        let files = Arc::clone(files);
        Trial::test(format!("coverage::{name}"), move || match check(&files) {
            findings if findings.is_empty() => Ok(()),
            findings => Err(Failed::from(findings.join("\n"))),
        })
    };
    checks.map(trial).into()
}

fn cases(files: &[CaseFile]) -> impl Iterator<Item = &Arc<Case>> {
    files.iter().flat_map(|file| &file.cases)
}

fn case_names_are_unique(files: &[CaseFile]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = cases(files).filter(|case| !seen.insert(&case.name));
    twice.map(|case| format!("{} is the name of two cases", case.name)).collect()
}

fn files_and_fixtures_are_used(files: &[CaseFile]) -> Vec<String> {
    let empty = files.iter().filter(|file| file.cases.is_empty());
    let empty = empty.map(|file| format!("cases/{}.toml has no case", file.name));
    let used: BTreeSet<_> = cases(files).map(|case| case.fixture.clone()).collect();
    let missing = used.iter().filter(|name| !fixture::file(name).is_file());
    let missing = missing.map(|name| format!("there is no fixture {name}"));
    let folder = std::fs::read_dir(case::path("fixtures")).expect("the folder with the fixtures");
    let names = folder.map(|entry| entry.expect("an entry").path());
    let unused = names
        .map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned())
        .filter(|name| !used.contains(name))
        .map(|name| format!("no case uses the fixture {name}"));
    empty.chain(missing).chain(unused).collect()
}

fn bodies_of_the_documentation_have_cases(files: &[CaseFile]) -> Vec<String> {
    let documented = documented_bodies();
    assert!(documented.len() > 20, "the bodies were found");
    without_a_case(files, documented)
}

fn every_reply_has_a_case(files: &[CaseFile]) -> Vec<String> {
    use Field::{PhoneName, PhoneNameNew, PhoneNumber, PhoneNumberNew};
    let numbers = [PhoneNumber, PhoneNumberNew];
    let names = [PhoneName, PhoneNameNew];
    let found = [Reply::found("919876543210", "Ravi"), Reply::token("<token>")];
    let replies = Reply::FIXED.iter().cloned().chain(found);
    let replies = replies.chain(numbers.into_iter().chain(names).map(Reply::empty));
    let replies = replies.chain(numbers.map(Reply::not_numeric));
    let replies = replies.chain(numbers.map(Reply::number_length));
    let replies = replies.chain(names.map(Reply::name_characters));
    without_a_case(files, replies.map(|reply| reply.body.into_owned()))
}

fn without_a_case(files: &[CaseFile], bodies: impl IntoIterator<Item = String>) -> Vec<String> {
    let expected = expected_bodies(files);
    let missing = bodies.into_iter().filter(|body| !expected.contains(body.as_str()));
    missing.map(|body| format!("no case expects {body}")).collect()
}

fn bodies_of_the_cases_are_documented(files: &[CaseFile]) -> Vec<String> {
    let documented = documented_bodies();
    let missing = expected_bodies(files)
        .into_iter()
        .filter(|body| body.starts_with(r#"{"status""#) && !documented.contains(*body));
    missing.map(|body| format!("docs/phone-manage-v2.md lacks {body}")).collect()
}

fn reasons_of_the_documentation_have_cases(files: &[CaseFile]) -> Vec<String> {
    let expected: BTreeSet<_> =
        cases(files).filter_map(|case| case.response.reason.as_deref()).collect();
    let documentation = documentation();
    let reasons: Vec<_> = documentation
        .lines()
        .skip_while(|line| *line != "| fault | reason |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.split('`').nth(1).expect("each row has a reason"))
        .collect();
    assert!(reasons.len() > 20, "the table of reasons was found");
    let missing = reasons.into_iter().filter(|reason| !expected.contains(reason));
    missing.map(|reason| format!("no case expects the reason {reason}")).collect()
}

fn expected_bodies(files: &[CaseFile]) -> BTreeSet<&str> {
    cases(files).map(|case| case.response.body()).collect()
}

/// The JSON objects that stand in backticks or in a block of code of their own.
fn documented_bodies() -> BTreeSet<String> {
    let is_body = |text: &&str| text.starts_with(r#"{""#) && text.ends_with('}');
    documentation()
        .lines()
        .flat_map(|line| line.split('`').filter(is_body).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn documentation() -> String {
    let file = case::path("../../../../docs/phone-manage-v2.md");
    std::fs::read_to_string(file).expect("the documentation of the API")
}
