package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

const schemaVersion = "kollect.dev/v1alpha1"

// eventEnvelope is the value of a message (ENV-02).
type eventEnvelope struct {
	SchemaVersion string          `json:"schemaVersion"`
	Timestamp     string          `json:"timestamp"`
	Cluster       string          `json:"cluster"`
	Namespace     string          `json:"namespace"`
	Payload       json.RawMessage `json:"payload"`
}

// exportEnvelope is the object form of a payload (PAY-01..04), without the cluster, which the operator leaves out.
type exportEnvelope struct {
	SchemaVersion string          `json:"schemaVersion"`
	Checksum      string          `json:"checksum"`
	Generation    int64           `json:"generation,omitempty"`
	PartIndex     int             `json:"partIndex,omitempty"`
	PartTotal     int             `json:"partTotal,omitempty"`
	ItemCount     int             `json:"itemCount"`
	ExportedAt    string          `json:"exportedAt"`
	Items         json.RawMessage `json:"items"`
}

// part is some rows and the place of their message in its set; a snapshot sent whole has place 0 of 0 (MP-03).
type part struct {
	rows         []row
	index, total int
}

// payload writes one part as an export envelope, its rows in ORD-01 order.
func (in inputs) payload(one part) ([]byte, error) {
	items := array(inOrder(one.rows))
	return marshal(exportEnvelope{
		SchemaVersion: schemaVersion,
		Checksum:      checksum(items),
		Generation:    in.Generation,
		PartIndex:     one.index,
		PartTotal:     one.total,
		ItemCount:     len(one.rows),
		ExportedAt:    in.ExportedAt,
		Items:         items,
	})
}

// message puts a payload into an event envelope and finds its Nats-Msg-Id (NAT-02).
func (in inputs) message(payload []byte) (message, error) {
	value, err := marshal(eventEnvelope{schemaVersion, in.Timestamp, in.Cluster, in.Namespace, payload})
	if err != nil {
		return message{}, err
	}
	identity := append([]byte(in.Cluster+"/"+in.Namespace+"/"), payload...)
	return message{Value: value, NatsMsgID: checksum(identity)}, nil
}

// checksum is the lowercase hex SHA-256 of some bytes (PAY-02).
func checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
