select object_key as object, department_id as department, edit, actor_subject as subject
from configuration_edit where cell = $1 order by sequence;
