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
        let conditions = if self.conditions.is_empty() { "TRUE".to_owned() } else { self.conditions.join(" AND ") };
        self.values.push(Value::Integer(limit.map_or(-1, i64::from)));
        (format!("{select} WHERE {conditions} ORDER BY {order} LIMIT ?"), self.values)
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
