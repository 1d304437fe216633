select document, sequence, shape_key as "shapeKey", state, reasons, verdict_allow as allow, verdict_codes as codes,
  verdict_policy_revision as "policyRevision", verdict_data_revision as "dataRevision", reservation
from request where cell = $1 and state in ('queued', 'waiting') order by sequence;
