package sinks

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Patience is how long anything may take.
const Patience = 20 * time.Second

// ErrRefused is JetStream's own answer, which asking again does not change.
var ErrRefused = errors.New("JetStream refused")

// NATS is one connection to a server.
type NATS struct {
	net.Conn
	lines      *bufio.Reader
	inbox      string
	count      int
	maxPayload int
}

// DialNATS connects to an address such as nats://host:4222 or tls://host:4222. Without a secure that is its TLS
// configuration for a host, there is no TLS.
func DialNATS(url string, secret map[string]string, secure func(host string) (*tls.Config, error)) (*NATS, error) {
	scheme, address, found := strings.Cut(url, "://")
	if !found {
		scheme, address = "nats", url
	}
	connection, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	connection.SetDeadline(time.Now().Add(Patience))
	n := &NATS{Conn: connection, lines: bufio.NewReader(connection)}
	if err = n.greet(scheme, address, secure); err == nil {
		err = n.login(secret)
	}
	if err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// greet reads what the server is, and turns to TLS where that is wanted.
func (n *NATS) greet(scheme, address string, secure func(string) (*tls.Config, error)) error {
	line, err := n.lines.ReadString('\n')
	if err != nil {
		return err
	}
	info := struct {
		MaxPayload  int  `json:"max_payload"`
		TLSRequired bool `json:"tls_required"`
	}{}
	json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info)
	n.maxPayload = info.MaxPayload
	if scheme != "tls" && !info.TLSRequired {
		return nil
	}
	if secure == nil {
		return errors.New("this sink has no TLS")
	}
	host, _, _ := net.SplitHostPort(address)
	config, err := secure(host)
	if err != nil {
		return err
	}
	wrapped := tls.Client(n.Conn, config)
	if err := wrapped.Handshake(); err != nil {
		return err
	}
	n.Conn, n.lines = wrapped, bufio.NewReader(wrapped)
	return nil
}

func (n *NATS) login(secret map[string]string) error {
	name := make([]byte, 9)
	rand.Read(name)
	n.inbox = fmt.Sprintf("_INBOX.%x", name)
	login := Object{"headers": true, "no_responders": true, "verbose": false}
	if token := secret["token"]; token != "" {
		login["auth_token"] = token
	} else if secret["username"] != "" {
		login["user"], login["pass"] = secret["username"], secret["password"]
	}
	options, _ := json.Marshal(login)
	fmt.Fprintf(n, "CONNECT %s\r\nSUB %s.* 1\r\nPING\r\n", options, n.inbox)
	for {
		line, err := n.lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "-ERR") {
			return errors.New("NATS refuses the connection " + strings.TrimSpace(line))
		}
		if line == "PONG\r\n" {
			return nil
		}
	}
}

// Ask sends a request and waits for JetStream's answer to it. An error that is ErrRefused is the answer; after any
// other the connection is of no more use.
func (n *NATS) Ask(subject string, data []byte, header string) (Object, error) {
	head := ""
	if header != "" {
		head = "NATS/1.0\r\n" + header + "\r\n\r\n"
	}
	if len(head)+len(data) > n.maxPayload {
		return nil, fmt.Errorf("%w: the message is over the server's limit", ErrRefused)
	}
	n.SetDeadline(time.Now().Add(Patience))
	n.count++
	reply := fmt.Sprintf("%s.%d", n.inbox, n.count)
	if head != "" {
		fmt.Fprintf(n, "HPUB %s %s %d %d\r\n%s%s\r\n", subject, reply, len(head), len(head)+len(data), head, data)
	} else {
		fmt.Fprintf(n, "PUB %s %s %d\r\n%s\r\n", subject, reply, len(data), data)
	}
	for {
		words, body, err := n.next()
		if err != nil {
			return nil, err
		}
		if words[1] != reply {
			continue
		}
		answer := Object{}
		if words[0] == "HMSG" || json.Unmarshal(body, &answer) != nil {
			return nil, fmt.Errorf("%w: no stream takes the subject", ErrRefused)
		}
		if problem, bad := answer["error"].(Object); bad {
			return nil, fmt.Errorf("%w: %v", ErrRefused, problem["description"])
		}
		return answer, nil
	}
}

// next waits for a message; pings are answered meanwhile.
func (n *NATS) next() (words []string, body []byte, err error) {
	for {
		line, err := n.lines.ReadString('\n')
		if err != nil {
			return nil, nil, err
		}
		words := strings.Fields(line)
		switch {
		case len(words) > 0 && words[0] == "PING":
			io.WriteString(n, "PONG\r\n")
		case len(words) > 1 && (words[0] == "MSG" || words[0] == "HMSG"):
			size, _ := strconv.Atoi(words[len(words)-1])
			body := make([]byte, size+2)
			if _, err := io.ReadFull(n.lines, body); err != nil {
				return nil, nil, err
			}
			return words, body[:size], nil
		}
	}
}

// MessageID is the header that tells a duplicate (NAT-02).
func MessageID(cluster, namespace string, payload []byte) string {
	return fmt.Sprintf("Nats-Msg-Id: %x", sha256.Sum256(append([]byte(cluster+"/"+namespace+"/"), payload...)))
}

// StreamName is the stream of a manifest (NAT-03).
func StreamName(wanted string) string {
	if wanted == "" {
		return "kollect_events"
	}
	return strings.ReplaceAll(wanted, ".", "_")
}
