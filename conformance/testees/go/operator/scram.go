package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net"
	"strconv"
	"strings"
)

var errLogin = errors.New("kafka SASL: authentication configuration failed")

func hash(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}

// salt is PBKDF2 with HMAC-SHA-256 and one block.
func salt(password string, salt []byte, rounds int) []byte {
	block := hash([]byte(password), append(append([]byte(nil), salt...), binary.BigEndian.AppendUint32(nil, 1)...))
	out := append([]byte(nil), block...)
	for round := 1; round < rounds; round++ {
		block = hash([]byte(password), block)
		for index := range out {
			out[index] ^= block[index]
		}
	}
	return out
}

func (s *kafkaSink) authenticate(connection net.Conn, text string) (string, error) {
	var w writer
	w.block([]byte(text))
	r, err := s.ask(connection, 36, 0, w.Bytes())
	if err != nil {
		return "", err
	}
	if r.i16() != 0 {
		return "", errLogin
	}
	r.text()
	size := int(r.i32())
	if size < 0 || size > r.Len() {
		return "", errLogin
	}
	answer := make([]byte, size)
	r.Read(answer)
	return string(answer), nil
}

// login is SASL/SCRAM-SHA-256; the secret's token takes the password's place.
func (s *kafkaSink) login(connection net.Conn) error {
	password := s.secret["password"]
	if token := s.secret["token"]; token != "" {
		password = token
	}
	var w writer
	w.text("SCRAM-SHA-256")
	r, err := s.ask(connection, 17, 1, w.Bytes())
	if err != nil {
		return err
	}
	if r.i16() != 0 {
		return errLogin
	}
	random := make([]byte, 18)
	rand.Read(random)
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.secret["username"])
	first := "n=" + user + ",r=" + base64.StdEncoding.EncodeToString(random)
	challenge, err := s.authenticate(connection, "n,,"+first)
	if err != nil {
		return err
	}
	given := map[string]string{}
	for _, field := range strings.Split(challenge, ",") {
		if name, value, found := strings.Cut(field, "="); found {
			given[name] = value
		}
	}
	rounds, err := strconv.Atoi(given["i"])
	raw, problem := base64.StdEncoding.DecodeString(given["s"])
	if err != nil || problem != nil || rounds > 1<<20 {
		return errLogin
	}
	salted := salt(password, raw, rounds)
	client := hash(salted, []byte("Client Key"))
	stored := sha256.Sum256(client)
	last := "c=biws,r=" + given["r"]
	proof := hash(stored[:], []byte(first+","+challenge+","+last))
	for index := range proof {
		proof[index] ^= client[index]
	}
	_, err = s.authenticate(connection, last+",p="+base64.StdEncoding.EncodeToString(proof))
	return err
}
