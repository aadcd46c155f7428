//! Between the domain's values and `SQLite`'s (D-10): ids are 16 bytes, hashes 32, addresses packed, times integer
//! microseconds, closed sets small integers.
//!
//! What is read is parsed again by the domain type. A value that does not parse is
//! [`StoreError::Corrupt`](crate::store::StoreError::Corrupt), never a guess.

use std::{net::IpAddr, str::FromStr, time::Duration};

use rusqlite::{
    Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef},
};

use crate::{
    domain::{
        AuditId, DisplayName, Email, GrantId, GrantStatus, KeyNumber, LoopbackRedirect, RevokedReason, Role, SessionId,
        Timestamp, TokenHash, TokenId, TokenName, UserId, Username, token::CreatedVia,
    },
    store::{KeyStatus, ResetPurpose},
};

macro_rules! bytes {
    ($($type:ty = $length:literal),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.as_bytes())))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; $length]>::column_result(value).map(Self::from_bytes)
            }
        }
    )+};
}

bytes!(UserId = 16, TokenId = 16, SessionId = 16, AuditId = 16, GrantId = 16, TokenHash = 32);

macro_rules! text {
    ($parse:ident: $($type:ty),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.as_str().as_bytes())))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <$type>::$parse(value.as_str()?).map_err(FromSqlError::other)
            }
        }
    )+};
}

text!(from_str: LoopbackRedirect);
// Earlier versions accepted more than a caller may send today; what they stored stays readable.
text!(from_store: Email, TokenName, DisplayName, Username);

macro_rules! closed_sets {
    ($($type:ty),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let number = Self::ALL.iter().zip(0_i64..).find_map(|(one, number)| (one == self).then_some(number));
                Ok(number.expect("ALL holds every variant").into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = value.as_i64()?;
                let found = usize::try_from(number).ok().and_then(|number| Self::ALL.get(number));
                found.copied().ok_or(FromSqlError::OutOfRange(number))
            }
        }
    )+};
}

closed_sets!(Role, RevokedReason, KeyStatus, ResetPurpose, GrantStatus, CreatedVia);

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_micros().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_micros)
    }
}

impl ToSql for KeyNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(u32::from(*self).into())
    }
}

impl FromSql for KeyNumber {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u32::column_result(value).map(Self::from)
    }
}

/// Reads a span in microseconds.
pub(super) fn duration(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Duration>> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(|micros| Duration::from_micros(micros.unsigned_abs())))
}

/// Returns a span in microseconds.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// An address in the store: 4 or 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackedIp(pub(super) IpAddr);

impl ToSql for PackedIp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = match self.0 {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        Ok(ToSqlOutput::Owned(Value::Blob(bytes)))
    }
}

impl FromSql for PackedIp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        let ip = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
        ip.map(Self).map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip<T: ToSql + FromSql>(value: &T) -> T {
        let ToSqlOutput::Owned(stored) = value.to_sql().expect("storable") else {
            let ToSqlOutput::Borrowed(stored) = value.to_sql().expect("storable") else { unreachable!("two forms") };
            return T::column_result(stored).expect("readable");
        };
        T::column_result(ValueRef::from(&stored)).expect("readable")
    }

    #[test]
    fn closed_sets_keep_their_numbers() {
        for (number, role) in (0_i64..).zip(Role::ALL) {
            assert_eq!(role.to_sql(), Ok(ToSqlOutput::from(number)));
            assert_eq!(round_trip(&role), role);
        }
        for reason in RevokedReason::ALL {
            assert_eq!(round_trip(&reason), reason);
        }
        assert!(Role::column_result(ValueRef::Integer(4)).is_err());
        assert!(Role::column_result(ValueRef::Integer(-1)).is_err());
    }

    #[test]
    fn values_of_the_wrong_size_are_refused() {
        assert!(UserId::column_result(ValueRef::Blob(&[0; 15])).is_err());
        assert!(TokenHash::column_result(ValueRef::Blob(&[0; 33])).is_err());
        assert!(PackedIp::column_result(ValueRef::Blob(&[0; 5])).is_err());
        assert!(TokenName::column_result(ValueRef::Text(b"")).is_err());
        assert!(Email::column_result(ValueRef::Text(b"nobody")).is_err());
    }

    proptest! {
        #[test]
        fn addresses_and_times_round_trip(ip in any::<IpAddr>(), micros in 0..i64::MAX) {
            prop_assert_eq!(round_trip(&PackedIp(ip)), PackedIp(ip));
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(round_trip(&time), time);
        }
    }
}
