// Package walletconnect has stand-ins for what is between a page and a wallet on a phone: the relay
// that carries their messages, and the phone.
package walletconnect

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/websocket"
)

// Host is where the package in the page looks for the relay.
const Host = "relay.walletconnect.org"

// Project is the id of the only project that a [Relay] knows.
const Project = "0123456789abcdef0123456789abcdef"

// Relay carries messages between clients by topics, as the relay of WalletConnect does (irn, its
// JSON-RPC over WebSockets). It cannot read them: they are encrypted. It keeps what nobody who
// listens has acknowledged, because a phone may listen later.
type Relay struct {
	*httptest.Server
	mu     sync.Mutex
	topics map[string]*topic
}

type topic struct {
	messages    []message
	subscribers map[*client]string // their subscriptions
}

type message struct {
	from, text string // from is the id of whoever sent it
	tag        json.RawMessage
	at         time.Time
	seenBy     map[string]bool
}

// client is a connection.
type client struct {
	id   string // the key by which it signs that it is itself
	conn *websocket.Conn
	last int
	acks map[string]ack
}

// ack is what a client has yet to acknowledge.
type ack struct {
	topic *topic
	index int
}

// Start starts a relay. It serves TLS, since the page asks for that.
func Start() *Relay {
	r := &Relay{topics: map[string]*topic{}}
	handler := websocket.Server{Handler: r.serve, Handshake: r.admit}
	r.Server = httptest.NewTLSServer(handler)
	return r
}

// Browser returns the options by which a browser takes this relay for the real one. What the page
// may connect to stays as it is.
func (r *Relay) Browser() []chromedp.ExecAllocatorOption {
	key := sha256.Sum256(r.Certificate().RawSubjectPublicKeyInfo)
	return []chromedp.ExecAllocatorOption{
		chromedp.Flag("host-resolver-rules", "MAP "+Host+":443 "+r.Listener.Addr().String()),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])),
	}
}

// Drop ends the connections of those who listen to the topic of a code, as a network does that a
// phone leaves.
func (r *Relay) Drop(uri string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.topic(topicOf(uri)).subscribers {
		_ = c.conn.Close()
	}
}

// Listens says whether anyone listens to the topic of a code.
func (r *Relay) Listens(uri string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.topic(topicOf(uri)).subscribers) > 0
}

// topicOf returns the topic of a code: wc:TOPIC@2?symKey=….
func topicOf(uri string) string {
	topic, _, _ := strings.Cut(strings.TrimPrefix(uri, "wc:"), "@")
	return topic
}

// admit checks what a client presents: the id of a project, and a token that its key has signed.
func (r *Relay) admit(_ *websocket.Config, request *http.Request) error {
	query := request.URL.Query()
	if id := query.Get("projectId"); id != Project {
		return fmt.Errorf("there is no project %q", id)
	}
	_, err := identity(query.Get("auth"), time.Now())
	return err
}

// identity returns the id of the client that has signed a token: a JWT, whose key is its issuer
// (did:key).
func identity(token string, now time.Time) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("%q is no token", token)
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return "", err
		}
	}
	var claims struct {
		Issuer    string `json:"iss"`
		Audience  string `json:"aud"`
		ExpiresAt int64  `json:"exp"`
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		return "", err
	}
	key, err := publicKey(claims.Issuer)
	switch {
	case err != nil:
		return "", err
	case !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), decoded[2]):
		return "", errors.New("the token is signed by another key")
	case claims.Audience == "":
		return "", errors.New("the token is for nobody")
	case now.Unix() >= claims.ExpiresAt:
		return "", errors.New("the token has expired")
	}
	return claims.Issuer, nil
}

// alphabet is that of numbers to the base 58.
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// publicKey returns the key in a did:key, which is 0xed01 and the key in base 58 after a z.
func publicKey(did string) (ed25519.PublicKey, error) {
	number := new(big.Int)
	digits, ok := strings.CutPrefix(did, "did:key:z")
	for _, digit := range digits {
		value := strings.IndexRune(alphabet, digit)
		ok = ok && value >= 0
		number.Add(number.Mul(number, big.NewInt(58)), big.NewInt(int64(value)))
	}
	key, isEd25519 := bytes.CutPrefix(number.Bytes(), []byte{0xed, 0x01})
	if !ok || !isEd25519 || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is no key", did)
	}
	return key, nil
}

// call is a request of a client, or its acknowledgement of a message, which has no method.
type call struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Topic    string          `json:"topic"`
		Topics   []string        `json:"topics"`
		Message  string          `json:"message"`
		Tag      json.RawMessage `json:"tag"`
		Messages []struct {
			Topic   string          `json:"topic"`
			Message string          `json:"message"`
			Tag     json.RawMessage `json:"tag"`
		} `json:"messages"`
		// A proposal, and what a wallet says to one.
		PairingTopic string `json:"pairingTopic"`
		Proposal     string `json:"sessionProposal"`
		SessionTopic string `json:"sessionTopic"`
		Response     string `json:"sessionProposalResponse"`
		Settlement   string `json:"sessionSettlementRequest"`
	} `json:"params"`
}

func (r *Relay) serve(conn *websocket.Conn) {
	id, err := identity(conn.Request().URL.Query().Get("auth"), time.Now())
	if err != nil {
		return // it was refused
	}
	c := &client{id: id, conn: conn, acks: map[string]ack{}}
	defer r.leave(c)
	for {
		var asked call
		if err := websocket.JSON.Receive(conn, &asked); err != nil {
			return
		}
		r.mu.Lock()
		r.answer(c, asked)
		r.mu.Unlock()
	}
}

func (r *Relay) leave(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.topics {
		delete(t.subscribers, c)
	}
}

// answer does what a client asks for, with the relay locked.
func (r *Relay) answer(c *client, asked call) {
	p := asked.Params
	var result any = true
	var then func()
	switch asked.Method {
	case "":
		if a, ok := c.acks[string(asked.ID)]; ok {
			a.topic.messages[a.index].seenBy[c.id] = true
		}
		return
	case "irn_subscribe":
		result = subscription(c, p.Topic)
		then = func() { r.subscribe(c, p.Topic) }
	case "irn_batchSubscribe":
		ids := make([]string, len(p.Topics))
		for i, name := range p.Topics {
			ids[i] = subscription(c, name)
		}
		result = ids
		then = func() {
			for _, name := range p.Topics {
				r.subscribe(c, name)
			}
		}
	case "irn_unsubscribe":
		delete(r.topic(p.Topic).subscribers, c)
	case "irn_publish":
		then = func() { r.publish(c, p.Topic, p.Message, p.Tag) }
	case "irn_batchPublish":
		then = func() {
			for _, m := range p.Messages {
				r.publish(c, m.Topic, m.Message, m.Tag)
			}
		}
	case "wc_proposeSession":
		then = func() {
			r.subscribe(c, p.PairingTopic)
			r.publish(c, p.PairingTopic, p.Proposal, json.RawMessage("1100"))
		}
	case "wc_approveSession":
		then = func() {
			r.subscribe(c, p.SessionTopic)
			r.publish(c, p.PairingTopic, p.Response, json.RawMessage("1101"))
			r.publish(c, p.SessionTopic, p.Settlement, json.RawMessage("1102"))
		}
	default:
		send(c, map[string]any{"id": asked.ID, "jsonrpc": "2.0", "error": map[string]any{"code": -32601, "message": "there is no method " + asked.Method}})
		return
	}
	send(c, map[string]any{"id": asked.ID, "jsonrpc": "2.0", "result": result})
	if then != nil {
		then()
	}
}

// subscription is the id of a client's subscription to a topic.
func subscription(c *client, topic string) string {
	sum := sha256.Sum256([]byte(topic + c.id))
	return fmt.Sprintf("%x", sum)
}

func (r *Relay) topic(name string) *topic {
	if r.topics[name] == nil {
		r.topics[name] = &topic{subscribers: map[*client]string{}}
	}
	return r.topics[name]
}

// subscribe delivers what a client has not acknowledged of a topic, and what comes.
func (r *Relay) subscribe(c *client, name string) {
	t := r.topic(name)
	if _, ok := t.subscribers[c]; ok {
		return
	}
	t.subscribers[c] = subscription(c, name)
	for i := range t.messages {
		r.deliver(c, name, i)
	}
}

func (r *Relay) publish(c *client, name, text string, tag json.RawMessage) {
	t := r.topic(name)
	for _, m := range t.messages {
		if m.from == c.id && m.text == text {
			return // sent again
		}
	}
	t.messages = append(t.messages, message{c.id, text, tag, time.Now(), map[string]bool{c.id: true}})
	for subscriber := range t.subscribers {
		r.deliver(subscriber, name, len(t.messages)-1)
	}
}

func (r *Relay) deliver(c *client, name string, index int) {
	t := r.topic(name)
	m := t.messages[index]
	if m.seenBy[c.id] {
		return
	}
	c.last++
	c.acks[fmt.Sprint(c.last)] = ack{t, index}
	send(c, map[string]any{"id": c.last, "jsonrpc": "2.0", "method": "irn_subscription", "params": map[string]any{
		"id":   t.subscribers[c],
		"data": map[string]any{"topic": name, "message": m.text, "publishedAt": m.at.UnixMilli(), "tag": m.tag},
	}})
}

// send sends, unless the client is gone.
func send(c *client, value any) { _ = websocket.JSON.Send(c.conn, value) }
