//! Catching up with the commits of other nodes: several accounts at once, in one round trip.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Object;
use directory::routing::Routing;
use directory::{AccountId, Kind, Phone, PhoneId, Skills};
use futures_util::future::{try_join3, try_join5};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::{ACCOUNT_COLUMNS, BEGIN, all_values, head, id_of, phone};
use crate::store::codec::{add_routing, add_skill};
use crate::store::{AccountHead, CatchUp, StoreError};

/// Changes of other nodes to read at most, for all accounts together. Beyond that, loading the
/// account again is as fast.
const CHANGES_MAX: i64 = 20_000;

/// The changes since the known versions.
const CHANGES: &str = "\
    SELECT known.account_id, later.version, later.kind, later.subject_id \
    FROM unnest($1::bigint[], $2::bigint[]) AS known (account_id, version) \
    CROSS JOIN LATERAL ( \
        SELECT version, kind, subject_id FROM change \
        WHERE change.account_id = known.account_id AND change.version > known.version \
        ORDER BY version LIMIT $3 \
    ) AS later LIMIT $3";

/// What other nodes changed in an account.
#[derive(Default)]
struct AccountChanges {
    /// The version of the last change before a gap.
    version: u64,
    /// The changed phones as they are now.
    phones: BTreeMap<PhoneId, Option<(Phone, u64)>>,
    skills: Skills,
    /// All routing settings, if some of them were changed.
    routing: Option<Routing>,
    has_erased: bool,
    is_damaged: bool,
}

impl AccountChanges {
    /// Notes damage, so that the other accounts catch up; other faults are of all.
    fn note(&mut self, fault: Fault) -> Result<(), Fault> {
        self.is_damaged = true;
        if matches!(fault, Fault::Store(StoreError::Damaged(_))) { Ok(()) } else { Err(fault) }
    }
}

/// Reads the history since the known versions, and the rows that it names.
pub async fn catch_up(client: &Object, known: &[(AccountId, u64)]) -> Result<Vec<CatchUp>, Fault> {
    let ids: Vec<_> = known.iter().map(|(id, _)| i64::from(id.0)).collect();
    let versions: Vec<_> = known.iter().map(|(_, version)| version.cast_signed()).collect();
    let counters = format!("{ACCOUNT_COLUMNS} WHERE id = ANY($1)");
    let phones = format!(
        "SELECT phone.id, number, name, skills, version, phone.account_id FROM phone \
         JOIN (SELECT DISTINCT account_id, subject_id FROM ({CHANGES}) AS later \
               WHERE kind IN ('phone.create', 'phone.edit', 'phone.delete')) AS touched \
         ON phone.account_id = touched.account_id AND phone.id = touched.subject_id"
    );
    let skills = "SELECT id, name, version, account_id FROM skill WHERE account_id = ANY($1)";
    let routing = format!(
        "SELECT subject, settings, version, account_id FROM routing \
         WHERE account_id IN (SELECT account_id FROM ({CHANGES}) AS later \
         WHERE kind IN ('account.routing', 'skill.routing', 'phone.routing'))"
    );
    let counters = client.prepare_cached(&counters).await?;
    let changes = client.prepare_cached(CHANGES).await?;
    let phones = client.prepare_cached(&phones).await?;
    let skills = client.prepare_cached(skills).await?;
    let routing = client.prepare_cached(&routing).await?;
    let of_accounts: [&(dyn ToSql + Sync); 1] = [&ids];
    let of_changes: [&(dyn ToSql + Sync); 3] = [&ids, &versions, &CHANGES_MAX];
    // Sent in this order without waiting for answers, as all statements are prepared: one round trip,
    // in one snapshot.
    let rows = try_join5(
        client.query(&counters, &of_accounts),
        client.query(&changes, &of_changes),
        client.query(&phones, &of_changes),
        client.query(&skills, &of_accounts),
        client.query(&routing, &of_changes),
    );
    let (begin, end) = (client.batch_execute(BEGIN), client.batch_execute("COMMIT"));
    let ((), (counters, changes, phones, skills, routing), ()) =
        try_join3(begin, rows, end).await?;
    let mut accounts = touched(known, &changes)?;
    for row in &phones {
        let account = AccountId(id_of(row, 5)?);
        let changes = accounts.entry(account).or_default();
        match phone(row, account) {
            Ok((id, now)) => drop(changes.phones.insert(id, Some(now))),
            Err(fault) => changes.note(fault)?,
        }
    }
    for row in &skills {
        let account = AccountId(id_of(row, 3)?);
        let changes = accounts.entry(account).or_default();
        if let Err(error) = add_skill(&mut changes.skills, account, &all_values(row)?) {
            changes.note(error.into())?;
        }
    }
    for row in &routing {
        let account = AccountId(id_of(row, 3)?);
        let changes = accounts.entry(account).or_default();
        let routing = changes.routing.get_or_insert_default();
        if let Err(error) = add_routing(routing, account, &all_values(row)?) {
            changes.note(error.into())?;
        }
    }
    let mut heads = HashMap::new();
    for row in &counters {
        let account = AccountId(id_of(row, 0)?);
        match head(row) {
            Ok(head) => drop(heads.insert(account, head)),
            Err(fault) => accounts.entry(account).or_default().note(fault)?,
        }
    }
    let result = |(id, version): &(AccountId, u64)| {
        outcome(*version, heads.remove(id), accounts.remove(id).unwrap_or_default())
    };
    Ok(known.iter().map(result).collect())
}

/// What the history names, account by account, and the version up to which it has no gap.
fn touched(
    known: &[(AccountId, u64)],
    rows: &[Row],
) -> Result<HashMap<AccountId, AccountChanges>, Fault> {
    let begun = |(id, version): &(AccountId, u64)| {
        (*id, AccountChanges { version: *version, ..AccountChanges::default() })
    };
    let mut accounts: HashMap<_, _> = known.iter().map(begun).collect();
    for row in rows {
        let account = accounts.entry(AccountId(id_of(row, 0)?)).or_default();
        if row.try_get::<_, i64>(1)?.cast_unsigned() == account.version + 1 {
            account.version += 1;
        }
        let kind = Kind::parse(row.try_get(2)?);
        account.has_erased |= kind == Some(Kind::ErasePhone);
        match kind {
            Some(kind) if kind.is_of_routing() => drop(account.routing.get_or_insert_default()),
            Some(kind) if kind.is_of_phone() => {
                account.phones.insert(PhoneId(id_of(row, 3)?), None);
            }
            _ => {}
        }
    }
    Ok(accounts)
}

fn outcome(known: u64, head: Option<AccountHead>, changes: AccountChanges) -> CatchUp {
    match head {
        // Loading it reports the damage.
        _ if changes.is_damaged => CatchUp::Reload,
        None => CatchUp::Gone,
        Some(head) if head.counters.version == known => CatchUp::Current,
        Some(head) if head.counters.version == changes.version => CatchUp::Rows {
            head: Box::new(head),
            skills: changes.skills,
            routing: changes.routing,
            phones: changes.phones.into_iter().collect(),
            has_erased: changes.has_erased,
        },
        // Changes are missing, or there are too many.
        Some(_) => CatchUp::Reload,
    }
}
