//! The variable part of a question: conditions with their values.

use rusqlite::{ToSql, types::Value};

/// A `WHERE` clause in the making.
///
/// Only the conditions that apply are in the text, so that each combination has a plan that uses the right index.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Filter {
    /// Adds `condition`, which has one `?` for `value`, if there is one.
    pub(super) fn with(&mut self, condition: &'static str, value: Option<&impl ToSql>) -> rusqlite::Result<()> {
        let Some(value) = value else { return Ok(()) };
        self.always(condition);
        self.values.push(owned(value)?);
        Ok(())
    }

    /// Adds a condition without a value.
    pub(super) fn always(&mut self, condition: &'static str) {
        self.conditions.push(condition);
    }

    /// Returns the question `select` under these conditions, in `order`, at most `limit` rows, and its values.
    pub(super) fn question(mut self, select: &str, order: &str, limit: Option<u32>) -> (String, Vec<Value>) {
        let conditions = self.joined();
        self.values.push(Value::Integer(limit.map_or(-1, i64::from)));
        (format!("{select} WHERE {conditions} ORDER BY {order} LIMIT ?"), self.values)
    }

    /// Returns the question `select` in `order`, `limit` rows behind the first `offset`, and its values.
    pub(super) fn page(mut self, select: &str, order: &str, offset: u32, limit: u32) -> (String, Vec<Value>) {
        let conditions = self.joined();
        self.values.extend([limit, offset].map(|number| Value::Integer(number.into())));
        (format!("{select} WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?"), self.values)
    }

    /// Returns the same page, read from the two `parts` of the rows. `SQLite` merges them as they come, so that an index
    /// that begins with the part gives the order without sorting all rows.
    pub(super) fn merged_page(
        mut self,
        select: &str,
        parts: [&str; 2],
        order: &str,
        offset: u32,
        limit: u32,
    ) -> (String, Vec<Value>) {
        let conditions = self.joined();
        let [one, other] = parts.map(|part| format!("{select} WHERE {conditions} AND {part}"));
        self.values.extend(self.values.clone());
        self.values.extend([limit, offset].map(|number| Value::Integer(number.into())));
        (format!("{one} UNION ALL {other} ORDER BY {order} LIMIT ? OFFSET ?"), self.values)
    }

    /// Returns how many rows there are under these conditions, counting no further than `most`.
    pub(super) fn count(mut self, table: &str, most: Option<u32>) -> (String, Vec<Value>) {
        let conditions = self.joined();
        self.values.push(Value::Integer(most.map_or(-1, i64::from)));
        (format!("SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {conditions} LIMIT ?)"), self.values)
    }

    fn joined(&self) -> String {
        if self.conditions.is_empty() { "TRUE".to_owned() } else { self.conditions.join(" AND ") }
    }
}

fn owned(value: &impl ToSql) -> rusqlite::Result<Value> {
    use rusqlite::types::ToSqlOutput;
    match value.to_sql()? {
        ToSqlOutput::Owned(value) => Ok(value),
        ToSqlOutput::Borrowed(value) => {
            value.try_into().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
        }
        _ => Err(rusqlite::Error::InvalidQuery),
    }
}
