//! Commits: a batch is one statement, so one round trip and one transaction.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Object;
use directory::{AccountId, Change, Counters, Phone, PhoneId};
use tokio_postgres::types::ToSql;

use super::columns::{Accounts, History, Phones};
use super::fault::Fault;
use super::{account_changes, idempotency, read};
use crate::store::{AccountCommit, StampedChange, Verdict};

/// Raises the versions that are still as expected, and only for those accounts writes the rows.
///
/// An account that another node is committing to is skipped rather than waited for: it would turn
/// out stale, and the other accounts of the batch would wait with it. So no commit waits for another
/// one, and there is no deadlock.
///
/// Its plan is made once, so the text fixes how it is executed: `LATERAL` uses the index, and
/// `IN … IS TRUE` builds a hash table where `IN` alone would become a join.
const COMMIT: &str = "\
WITH locked AS (
    SELECT decided.account_id, decided.version, decided.next_phone_id, decided.next_skill_id,
        decided.settings_version
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
        $30::bigint[])
        AS decided (account_id, expected, version, next_phone_id, next_skill_id, settings_version)
    CROSS JOIN LATERAL (
        SELECT FROM account_version AS held
        WHERE held.account_id = decided.account_id AND held.version = decided.expected
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held
), raised AS (
    UPDATE account_version AS held
    SET version = locked.version, next_phone_id = locked.next_phone_id,
        next_skill_id = locked.next_skill_id, settings_version = locked.settings_version
    FROM locked WHERE held.account_id = locked.account_id
    RETURNING held.account_id
), updated AS (
    UPDATE phone
    SET number = decided.number, name = decided.name, skills = decided.skills,
        version = decided.version
    FROM unnest($6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $31::bigint[])
        AS decided (account_id, id, number, name, skills, version)
    WHERE phone.account_id = decided.account_id AND phone.id = decided.id
        AND (decided.account_id IN (SELECT account_id FROM raised)) IS TRUE
    RETURNING phone.account_id
), inserted AS (
    INSERT INTO phone (account_id, id, number, name, skills, version)
    SELECT * FROM unnest($11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[],
        $32::bigint[])
        AS decided (account_id, id, number, name, skills, version)
    WHERE (account_id IN (SELECT account_id FROM raised)) IS TRUE
), deleted AS (
    DELETE FROM phone
    USING unnest($16::bigint[], $17::bigint[]) AS decided (account_id, id)
    WHERE phone.account_id = decided.account_id AND phone.id = decided.id
        AND (decided.account_id IN (SELECT account_id FROM raised)) IS TRUE
    RETURNING phone.account_id
), history AS (
    INSERT INTO change
        (account_id, version, at_us, request_id, source, kind, subject_id, delta, import_id)
    SELECT * FROM unnest($18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::text[],
        $23::text[], $24::bigint[], $25::text[], $29::bigint[])
        AS decided
        (account_id, version, at_us, request_id, source, kind, subject_id, delta, import_id)
    WHERE (account_id IN (SELECT account_id FROM raised)) IS TRUE
)
SELECT decided.account_id, 1
FROM unnest($27::bigint[], $28::bigint[]) AS decided (account_id, expected)
WHERE decided.expected = (SELECT version FROM account_version WHERE account_id = decided.account_id)
UNION ALL SELECT account_id,
    -- A missing row, as somebody edited the table by hand, rolls back everything.
    1 / CASE WHEN (SELECT count(*) FROM updated) + (SELECT count(*) FROM deleted) = (
            SELECT sum(decided.touched)
            FROM unnest($1::bigint[], $26::bigint[]) AS decided (account_id, touched)
            WHERE (decided.account_id IN (SELECT account_id FROM raised)) IS TRUE
        ) THEN 1 ELSE 0 END
FROM raised";

/// A batch as columns, as the statement takes it.
#[derive(Default)]
pub struct Rows<'b> {
    /// The batch.
    pub batch: &'b [AccountCommit],
    accounts: Accounts,
    /// Accounts to confirm, and their expected versions.
    confirmed: (Vec<i64>, Vec<i64>),
    updated: Phones<'b>,
    inserted: Phones<'b>,
    deleted: (Vec<i64>, Vec<i64>),
    history: History<'b>,
}

impl<'b> Rows<'b> {
    /// The rows of a batch. Of an account that is in it twice only the first commit: the second was
    /// decided against a version that it has raised.
    pub fn of(batch: &'b [AccountCommit]) -> Self {
        let mut rows = Self { batch, ..Self::default() };
        let mut seen = HashSet::new();
        for account in batch.iter().filter(|account| seen.insert(account.id)) {
            rows.add(account);
        }
        rows
    }

    fn add(&mut self, account: &'b AccountCommit) {
        let id = i64::from(account.id.0);
        if account.changes.is_empty() {
            self.confirmed.0.push(id);
            self.confirmed.1.push(account.expected_version.cast_signed());
            return;
        }
        let Counters { version, next_phone_id, next_skill_id, settings_version } = account.counters;
        self.accounts.ids.push(id);
        self.accounts.expected.push(account.expected_version.cast_signed());
        self.accounts.versions.push(version.cast_signed());
        self.accounts.next_phone_ids.push(next_phone_id.into());
        self.accounts.next_skill_ids.push(next_skill_id.into());
        self.accounts.settings_versions.push(settings_version.cast_signed());
        // A statement can write a row only once: of several changes of a phone, take the state
        // before the first and after the last.
        let mut phones: HashMap<PhoneId, (bool, Option<&Phone>, u64)> = HashMap::new();
        let mut order = Vec::new();
        for (version, stamped) in (account.expected_version + 1..).zip(&account.changes) {
            self.history.add(id, version, stamped);
            if let Change::Phone { id, before, after } = &stamped.change {
                let phone = phones.entry(*id).or_insert_with(|| {
                    order.push(*id);
                    (before.is_some(), None, version)
                });
                (phone.1, phone.2) = (after.as_ref(), version);
            }
        }
        let mut touched = 0;
        for phone_id in order {
            touched += i64::from(phones[&phone_id].0);
            match phones[&phone_id] {
                (true, Some(phone), version) => self.updated.add(id, phone_id, phone, version),
                (false, Some(phone), version) => self.inserted.add(id, phone_id, phone, version),
                (true, None, _) => {
                    self.deleted.0.push(id);
                    self.deleted.1.push(phone_id.0.into());
                }
                (false, None, _) => {}
            }
        }
        self.accounts.touched.push(touched);
    }

    /// Whether there is more to write than the one statement does.
    fn has_more(&self) -> bool {
        let is_of_no_phone =
            |stamped: &StampedChange| !matches!(stamped.change, Change::Phone { .. });
        self.batch.iter().any(|account| {
            !account.answers.is_empty()
                || !account.imports.is_empty()
                || account.changes.iter().any(is_of_no_phone)
        })
    }

    /// Commits the rows; a verdict for each account.
    pub async fn commit(&self, client: &Object) -> Result<Vec<Verdict>, Fault> {
        if !self.has_more() {
            return self.execute(client).await;
        }
        let begin = async { Ok(client.batch_execute("BEGIN").await?) };
        let ((), verdicts) = futures_util::future::try_join(begin, self.execute(client)).await?;
        let committed = self.batch.iter().zip(&verdicts);
        let committed = committed.filter(|(_, verdict)| **verdict == Verdict::Committed);
        let committed: Vec<_> = committed.map(|(account, _)| account).collect();
        for account in &committed {
            for (version, stamped) in (account.expected_version + 1..).zip(&account.changes) {
                account_changes::write(client, account.id, version, &stamped.change).await?;
            }
            for import in &account.imports {
                read::run(client, import.statement(account.id)).await?;
            }
        }
        let answers = |account: &&'b AccountCommit| {
            let id = account.id;
            account.answers.iter().map(move |answer| (id, answer))
        };
        idempotency::save_and_commit(client, committed.iter().flat_map(answers)).await?;
        Ok(verdicts)
    }

    async fn execute(&self, client: &Object) -> Result<Vec<Verdict>, Fault> {
        let raised = read::query(client, COMMIT, &self.values()).await?;
        let raised = raised.iter().map(|row| Ok(row.try_get(0)?));
        let mut raised = raised.collect::<Result<HashSet<i64>, Fault>>()?;
        // Each once: only the first commit of an account was sent.
        let mut verdict = |account: &AccountCommit| {
            let is_raised = raised.remove(&account.id.0.into());
            if is_raised { Verdict::Committed } else { Verdict::Stale }
        };
        Ok(self.batch.iter().map(&mut verdict).collect())
    }

    fn values(&self) -> [&(dyn ToSql + Sync); 32] {
        let Self { accounts, confirmed, updated, inserted, deleted, history, .. } = self;
        [
            &accounts.ids,
            &accounts.expected,
            &accounts.versions,
            &accounts.next_phone_ids,
            &accounts.next_skill_ids,
            &updated.accounts,
            &updated.ids,
            &updated.numbers,
            &updated.names,
            &updated.skills,
            &inserted.accounts,
            &inserted.ids,
            &inserted.numbers,
            &inserted.names,
            &inserted.skills,
            &deleted.0,
            &deleted.1,
            &history.accounts,
            &history.versions,
            &history.at_us,
            &history.request_ids,
            &history.sources,
            &history.kinds,
            &history.subjects,
            &history.deltas,
            &accounts.touched,
            &confirmed.0,
            &confirmed.1,
            &history.imports,
            &accounts.settings_versions,
            &updated.versions,
            &inserted.versions,
        ]
    }
}

/// A verdict for each account of a batch that changes nothing: whether its version is as expected.
pub async fn confirm(client: &Object, batch: &[AccountCommit]) -> Result<Vec<Verdict>, Fault> {
    let ids: Vec<_> = batch.iter().map(|account| account.id).collect();
    let versions = read::versions_of(client, &ids).await?;
    Ok(batch.iter().zip(versions).map(|(account, version)| account.confirmed(version)).collect())
}

/// The accounts to which a batch made changes.
pub fn changed(batch: &[AccountCommit], verdicts: &[Verdict]) -> Vec<AccountId> {
    let committed = batch.iter().zip(verdicts).filter(|(account, verdict)| {
        **verdict == Verdict::Committed && !account.changes.is_empty()
    });
    committed.map(|(account, _)| account.id).collect()
}
