{{/* Labels of every object. */}}
{{- define "kollect.labels" -}}
app.kubernetes.io/part-of: kollect
app.kubernetes.io/version: {{ .Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "kollect.selector" -}}
app.kubernetes.io/name: kollect-consumer
{{- end }}

{{/* The manifest; its hash is in the ConfigMap's name, so that a changed sink replaces the pods. */}}
{{- define "kollect.sink" -}}
apiVersion: kollect.dev/v1alpha1
kind: KollectEventSink
metadata:
  name: inventory
  namespace: {{ .Release.Namespace }}
spec:
  type: {{ .Values.sink.type }}
{{- /* The default's other broker is not part of what was asked for. */}}
{{- $other := ternary "nats" "kafka" (eq .Values.sink.type "kafka") }}
{{- range $name, $value := omit .Values.sink "type" $other }}
{{- dict $name $value | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- define "kollect.sinkName" -}}
kollect-sink-{{ include "kollect.sink" . | sha256sum | trunc 10 }}
{{- end }}

{{- define "kollect.scheme" -}}
{{ ternary "HTTPS" "HTTP" .Values.tls }}
{{- end }}
