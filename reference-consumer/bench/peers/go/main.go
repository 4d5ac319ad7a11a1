// A consumer as one would write it in Go: consumer BROKER TOPIC FILE
//
// Keeps the rows of every scope, dedup keys and positions in SQLite, up to the end of the topic as it is at the start.
// Position and effects are one transaction, and only the rows that differ are written. It knows no multipart sets,
// keeps no change feed and believes every message: what it is measured beside does more.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	_ "github.com/mattn/go-sqlite3"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	batchMessages = 1000
	batchBytes    = 32 << 20
)

const tables = `
CREATE TABLE IF NOT EXISTS positions (
  topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS scopes (
  scope_id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, namespace TEXT NOT NULL, inventory TEXT NOT NULL,
  exported_at TEXT, generation INTEGER, digest BLOB, UNIQUE (cluster, namespace, inventory));
CREATE TABLE IF NOT EXISTS dedup_keys (scope_id INTEGER, digest BLOB, PRIMARY KEY (scope_id, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
  scope_id INTEGER, target_namespace TEXT, target_name TEXT, namespace TEXT, name TEXT, uid TEXT, item TEXT NOT NULL,
  PRIMARY KEY (scope_id, target_namespace, target_name, namespace, name, uid));`

type identity struct {
	TargetNamespace string `json:"targetNamespace"`
	TargetName      string `json:"targetName"`
	Namespace       string `json:"namespace"`
	Name            string `json:"name"`
	UID             string `json:"uid"`
}

// row is identified by some of its members and kept as its text.
type row struct {
	identity
	text []byte
}

func (r *row) UnmarshalJSON(text []byte) error {
	r.text = append([]byte(nil), text...) // the decoder's buffer is not ours
	return json.Unmarshal(text, &r.identity)
}

// payload is an array of rows, or an export envelope.
type payload struct {
	ExportedAt string `json:"exportedAt"`
	Generation int64  `json:"generation"`
	Items      []row  `json:"items"`
}

func (p *payload) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, &p.Items)
	}
	type plain payload // has no UnmarshalJSON
	return json.Unmarshal(text, (*plain)(p))
}

type envelope struct {
	Timestamp string  `json:"timestamp"`
	Payload   payload `json:"payload"`
}

type order struct {
	exportedAt string
	generation int64
	digest     []byte
}

func (o order) less(other order) bool {
	if o.exportedAt != other.exportedAt {
		return o.exportedAt < other.exportedAt
	}
	if o.generation != other.generation {
		return o.generation < other.generation
	}
	return bytes.Compare(o.digest, other.digest) < 0
}

// comparable is RFC 3339 with all nine digits, so that texts compare as instants do.
func comparable(instant string) string {
	whole, fraction, _ := strings.Cut(strings.TrimSuffix(instant, "Z"), ".")
	return whole + "." + (fraction + "000000000")[:9]
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func value[T any](found T, err error) T {
	must(err)
	return found
}

type scope struct {
	id   int64
	held *order
}

type store struct {
	database                                                                 *sql.DB
	addScope, findScope, noteScope, remember, rows, upsert, remove, position *sql.Stmt
	scopes                                                                   map[string]*scope
}

func open(path string) *store {
	database := value(sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_cache_size=-65536&_txlock=immediate"))
	database.SetMaxOpenConns(1)
	value(database.Exec(tables))
	prepare := func(text string) *sql.Stmt { return value(database.Prepare(text)) }
	return &store{
		database:  database,
		addScope:  prepare("INSERT INTO scopes (cluster, namespace, inventory) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"),
		findScope: prepare("SELECT scope_id, exported_at, generation, digest FROM scopes WHERE cluster = ? AND namespace = ? AND inventory = ?"),
		noteScope: prepare("UPDATE scopes SET exported_at = ?, generation = ?, digest = ? WHERE scope_id = ?"),
		remember:  prepare("INSERT INTO dedup_keys VALUES (?, ?) ON CONFLICT DO NOTHING"),
		rows:      prepare("SELECT target_namespace, target_name, namespace, name, uid, item FROM items WHERE scope_id = ?"),
		upsert:    prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET item = excluded.item"),
		remove:    prepare("DELETE FROM items WHERE scope_id = ? AND target_namespace = ? AND target_name = ? AND namespace = ? AND name = ? AND uid = ?"),
		position:  prepare("INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset"),
		scopes:    map[string]*scope{},
	}
}

func (s *store) scope(work *sql.Tx, key string) *scope {
	if found, ok := s.scopes[key]; ok {
		return found
	}
	cluster, rest, _ := strings.Cut(key, ":")
	namespace, inventory, _ := strings.Cut(rest, "/")
	value(work.Stmt(s.addScope).Exec(cluster, namespace, inventory))
	var found scope
	var exportedAt sql.NullString
	var generation sql.NullInt64
	var digest []byte
	must(work.Stmt(s.findScope).QueryRow(cluster, namespace, inventory).Scan(&found.id, &exportedAt, &generation, &digest))
	if exportedAt.Valid {
		found.held = &order{exportedAt.String, generation.Int64, digest}
	}
	s.scopes[key] = &found
	return &found
}

func (s *store) take(work *sql.Tx, message *kgo.Record) {
	found := s.scope(work, string(message.Key))
	sum := sha256.Sum256(message.Value) // timestamp, scope and payload, which make the dedup key, are all in it
	digest := sum[:]
	if value(value(work.Stmt(s.remember).Exec(found.id, digest)).RowsAffected()) == 0 {
		return
	}
	var arrived envelope
	must(json.Unmarshal(message.Value, &arrived))
	place := order{comparable(arrived.Timestamp), arrived.Payload.Generation, digest}
	if arrived.Payload.ExportedAt != "" {
		place.exportedAt = comparable(arrived.Payload.ExportedAt)
	}
	if found.held != nil && !found.held.less(place) {
		return
	}
	found.held = &place
	s.replace(work, found.id, arrived.Payload.Items)
	value(work.Stmt(s.noteScope).Exec(place.exportedAt, place.generation, place.digest, found.id))
}

// replace makes `items` the rows of a scope.
func (s *store) replace(work *sql.Tx, id int64, items []row) {
	held := map[identity]sql.RawBytes{}
	rows := value(work.Stmt(s.rows).Query(id))
	for rows.Next() {
		var one identity
		var text []byte
		must(rows.Scan(&one.TargetNamespace, &one.TargetName, &one.Namespace, &one.Name, &one.UID, &text))
		held[one] = text
	}
	must(rows.Err())
	must(rows.Close())
	upsert, remove := work.Stmt(s.upsert), work.Stmt(s.remove)
	for _, one := range items {
		before, is := held[one.identity]
		delete(held, one.identity)
		if is && bytes.Equal(before, one.text) {
			continue
		}
		value(upsert.Exec(id, one.TargetNamespace, one.TargetName, one.Namespace, one.Name, one.UID, string(one.text)))
	}
	for one := range held {
		value(remove.Exec(id, one.TargetNamespace, one.TargetName, one.Namespace, one.Name, one.UID))
	}
}

func (s *store) commit(batch []*kgo.Record) {
	work := value(s.database.Begin())
	positions := map[int32]int64{}
	for _, message := range batch {
		s.take(work, message)
		positions[message.Partition] = message.Offset + 1
	}
	for partition, next := range positions {
		value(work.Stmt(s.position).Exec(batch[0].Topic, partition, next))
	}
	must(work.Commit())
}

// ends asks for the end of each partition.
func ends(client *kgo.Client, topic string) map[int32]int64 {
	named := topic
	metadata := kmsg.NewPtrMetadataRequest()
	metadata.Topics = []kmsg.MetadataRequestTopic{{Topic: &named}}
	request := kmsg.NewPtrListOffsetsRequest()
	request.ReplicaID = -1
	asked := kmsg.ListOffsetsRequestTopic{Topic: topic}
	for _, one := range value(metadata.RequestWith(context.Background(), client)).Topics[0].Partitions {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition, partition.Timestamp = one.Partition, -1
		asked.Partitions = append(asked.Partitions, partition)
	}
	request.Topics = append(request.Topics, asked)
	found := map[int32]int64{}
	for _, shard := range client.RequestSharded(context.Background(), request) {
		must(shard.Err)
		for _, one := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics[0].Partitions {
			found[one.Partition] = one.Offset
		}
	}
	return found
}

func main() {
	broker, topic, path := os.Args[1], os.Args[2], os.Args[3]
	target := open(path)
	asking := value(kgo.NewClient(kgo.SeedBrokers(broker)))
	left := ends(asking, topic)
	asking.Close()
	starts := map[int32]kgo.Offset{}
	rows := value(target.database.Query("SELECT partition, next_offset FROM positions WHERE topic = ?", topic))
	stored := map[int32]int64{}
	for rows.Next() {
		var partition int32
		var next int64
		must(rows.Scan(&partition, &next))
		stored[partition] = next
	}
	must(rows.Close())
	for partition, end := range left {
		starts[partition] = kgo.NewOffset().At(stored[partition])
		if stored[partition] >= end {
			delete(left, partition)
		}
	}
	client := value(kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts})))
	var waiting []*kgo.Record
	waitingBytes := 0
	for len(left) > 0 {
		fetches := client.PollRecords(context.Background(), batchMessages)
		fetches.EachError(func(_ string, _ int32, err error) { must(err) })
		fetches.EachRecord(func(message *kgo.Record) {
			waiting = append(waiting, message)
			waitingBytes += len(message.Value)
			if message.Offset+1 >= left[message.Partition] {
				delete(left, message.Partition)
			}
			if len(waiting) == batchMessages || waitingBytes >= batchBytes {
				target.commit(waiting)
				waiting, waitingBytes = nil, 0
			}
		})
	}
	if len(waiting) > 0 {
		target.commit(waiting)
	}
	client.Close()
	must(target.database.Close())
}
