package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"strings"
	"time"

	"kollect.dev/conformance/testees/sinks"
)

// kafkaSink publishes with acks=all, to the partitions in turn whatever the key, without headers and without TLS.
// spec.endpoint is nothing to it.
type kafkaSink struct {
	spec       spec
	secret     map[string]string
	topic      string
	count      int
	next       int
	leaders    []string // by partition
	connection map[string]net.Conn
}

func openKafka(spec spec, secret map[string]string) (publisher, error) {
	s := &kafkaSink{spec: spec, secret: secret, topic: strings.TrimSpace(spec.Kafka.Topic),
		connection: map[string]net.Conn{}}
	if s.topic == "" {
		return nil, errors.New("spec.kafka.topic is required")
	}
	if len(spec.Kafka.Brokers) == 0 {
		return nil, errors.New("spec.kafka.brokers is required")
	}
	if spec.ConnectionTest == nil || *spec.ConnectionTest {
		if err := s.find(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// writer builds a request.
type writer struct{ bytes.Buffer }

func (w *writer) number(value any)  { binary.Write(w, binary.BigEndian, value) }
func (w *writer) text(value string) { w.number(int16(len(value))); w.WriteString(value) }
func (w *writer) block(value []byte) {
	w.number(int32(len(value)))
	w.Write(value)
}

// reader takes an answer apart; what is missing reads as zero.
type reader struct{ *bytes.Reader }

func (r reader) i8() (value int8)   { binary.Read(r, binary.BigEndian, &value); return }
func (r reader) i16() (value int16) { binary.Read(r, binary.BigEndian, &value); return }
func (r reader) i32() (value int32) { binary.Read(r, binary.BigEndian, &value); return }
func (r reader) text() string {
	size := r.i16()
	if size <= 0 || int(size) > r.Len() {
		return ""
	}
	value := make([]byte, size)
	io.ReadFull(r, value)
	return string(value)
}

func (s *kafkaSink) connect(address string) (net.Conn, error) {
	if known := s.connection[address]; known != nil {
		return known, nil
	}
	connection, err := net.DialTimeout("tcp", address, sinks.Patience)
	if err != nil {
		return nil, err
	}
	if s.secret["username"] != "" {
		if err := s.login(connection); err != nil {
			connection.Close()
			return nil, err
		}
	}
	s.connection[address] = connection
	return connection, nil
}

func (s *kafkaSink) ask(connection net.Conn, key, version int16, body []byte) (reader, error) {
	var w writer
	s.count++
	w.number(key)
	w.number(version)
	w.number(int32(s.count))
	w.text("operator")
	w.Write(body)
	connection.SetDeadline(time.Now().Add(sinks.Patience))
	var size writer
	size.block(w.Bytes())
	if _, err := connection.Write(size.Bytes()); err != nil {
		return reader{}, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(connection, head); err != nil {
		return reader{}, err
	}
	length := binary.BigEndian.Uint32(head)
	if length < 4 || length > 1<<26 {
		return reader{}, errors.New("the broker answers something that is not Kafka's protocol")
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(connection, answer); err != nil {
		return reader{}, err
	}
	return reader{bytes.NewReader(answer[4:])}, nil
}

var errNoTopic = errors.New("Kafka knows no such topic")

// find asks for the leaders of the topic's partitions (Metadata, version 4, or 2 where there is no other).
func (s *kafkaSink) find() error {
	var err error
	for _, broker := range s.spec.Kafka.Brokers {
		for _, version := range []int16{4, 2} {
			if err = s.findAt(strings.TrimSpace(broker), version); err == nil {
				return nil
			}
			s.close()
			if errors.Is(err, errNoTopic) {
				return err
			}
		}
	}
	return err
}

func (s *kafkaSink) findAt(broker string, version int16) error {
	connection, err := s.connect(broker)
	if err != nil {
		return err
	}
	var w writer
	w.number(int32(1))
	w.text(s.topic)
	if version >= 4 {
		w.number(int8(0)) // no topic is made
	}
	r, err := s.ask(connection, 3, version, w.Bytes())
	if err != nil {
		return err
	}
	if version >= 3 {
		r.i32() // throttled
	}
	brokers := map[int32]string{}
	for count := r.i32(); count > 0 && r.Len() > 0; count-- {
		id, host, port := r.i32(), r.text(), r.i32()
		r.text() // rack
		brokers[id] = fmt.Sprintf("%s:%d", host, port)
	}
	r.text() // cluster
	r.i32()  // controller
	r.i32()  // topics
	problem := r.i16()
	r.text()
	r.i8()
	if problem != 0 {
		return fmt.Errorf("%w: %s (error %d)", errNoTopic, s.topic, problem)
	}
	count := r.i32()
	if count <= 0 || count > 10000 {
		return errors.New("the topic has no partitions")
	}
	s.leaders = make([]string, count)
	for ; count > 0 && r.Len() > 0; count-- {
		r.i16()
		index, leader := r.i32(), r.i32()
		for lists := 0; lists < 2; lists++ {
			for nodes := r.i32(); nodes > 0 && r.Len() > 0; nodes-- {
				r.i32()
			}
		}
		if int(index) < len(s.leaders) {
			s.leaders[index] = brokers[leader]
		}
	}
	return nil
}

func varint(value int) []byte { return binary.AppendVarint(nil, int64(value)) }

// batch holds one record.
func batch(key string, value []byte) []byte {
	var record bytes.Buffer
	record.WriteByte(0)
	record.Write(varint(0))
	record.Write(varint(0))
	record.Write(varint(len(key)))
	record.WriteString(key)
	record.Write(varint(len(value)))
	record.Write(value)
	record.Write(varint(0)) // headers
	now := time.Now().UnixMilli()
	var tail writer // what the checksum is over
	tail.number(int16(0))
	tail.number(int32(0))
	tail.number(now)
	tail.number(now)
	tail.number(int64(-1))
	tail.number(int16(-1))
	tail.number(int32(-1))
	tail.number(int32(1))
	tail.Write(varint(record.Len()))
	tail.Write(record.Bytes())
	var w writer
	w.number(int64(0))
	w.number(int32(4 + 1 + 4 + tail.Len()))
	w.number(int32(-1))
	w.number(int8(2))
	w.number(crc32.Checksum(tail.Bytes(), crc32.MakeTable(crc32.Castagnoli)))
	w.Write(tail.Bytes())
	return w.Bytes()
}

func (s *kafkaSink) produce(key string, value []byte) error {
	if s.leaders == nil {
		if err := s.find(); err != nil {
			return err
		}
	}
	partition := s.next % len(s.leaders)
	connection, err := s.connect(s.leaders[partition])
	if err != nil {
		return err
	}
	var w writer
	w.number(int16(-1)) // no transaction
	w.number(int16(-1)) // acks=all
	w.number(int32(sinks.Patience / time.Millisecond))
	w.number(int32(1))
	w.text(s.topic)
	w.number(int32(1))
	w.number(int32(partition))
	w.block(batch(key, value))
	r, err := s.ask(connection, 0, 3, w.Bytes())
	if err != nil {
		return err
	}
	r.i32()
	r.text()
	r.i32()
	r.i32()
	if r.Len() < 2 {
		return errors.New("the broker's answer is cut off")
	}
	if problem := r.i16(); problem != 0 {
		return refusal{fmt.Errorf("Kafka refused the message (error %d)", problem), problem}
	}
	s.next++
	return nil
}

type refusal struct {
	error
	code int16
}

// publish tries again for a while: connections break, and leaders move.
func (s *kafkaSink) publish(m message) error {
	var err error
	for end := time.Now().Add(sinks.Patience); ; time.Sleep(200 * time.Millisecond) {
		if err = s.produce(m.cluster+"/"+m.namespace, m.value); err == nil {
			return nil
		}
		const messageTooLarge, recordListTooLarge = 10, 18
		var refused refusal
		if errors.As(err, &refused) && (refused.code == messageTooLarge || refused.code == recordListTooLarge) {
			return err
		}
		s.close()
		s.leaders = nil
		if time.Now().After(end) || errors.Is(err, errNoTopic) {
			return err
		}
	}
}

func (s *kafkaSink) close() {
	for address, connection := range s.connection {
		connection.Close()
		delete(s.connection, address)
	}
}
