select revision, sha256, key_id as "keyId", subject, stored_at_ms as "storedAt", bytes
from policy_bundle where cell = $1 order by sequence desc;
