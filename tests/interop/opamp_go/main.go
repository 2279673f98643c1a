// A small OpAMP server on opamp-go (the protocol's reference implementation), for the tests in the
// folder above.
//
//	opamp_go DIR [PORT [CERTIFICATE KEY]]
//
// It listens on loopback, on a free port or PORT, on HTTP and WebSocket, and prints "port N"; with
// CERTIFICATE (PEM) on TLS, for clients that show the same one. What it offers is in DIR and read
// for each message: offer.yml and offer.minisig make a remote configuration, connection.json
// {"endpoint": "...", "headers": {"Name": "value"}, "heartbeat": 5} another connection. A new
// offer.yml is pushed at once to whoever is connected by a WebSocket. Every message that an agent
// sends is printed as one line of JSON, and how a WebSocket ended.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/open-telemetry/opamp-go/server"
	"github.com/open-telemetry/opamp-go/server/types"
	"google.golang.org/protobuf/encoding/protojson"
)

type connection struct {
	Endpoint  string
	Headers   map[string]string
	Heartbeat uint64
}

var printing sync.Mutex

// Who is connected by a WebSocket, and as whom.
var (
	connected = map[types.Connection][]byte{}
	changing  sync.Mutex
)

func pushNews(directory string) {
	var last time.Time
	for {
		time.Sleep(100 * time.Millisecond)
		file, err := os.Stat(filepath.Join(directory, "offer.yml"))
		if err != nil || file.ModTime().Equal(last) {
			continue
		}
		last = file.ModTime()
		changing.Lock()
		for agent, uid := range connected {
			news := &protobufs.ServerToAgent{InstanceUid: uid, RemoteConfig: remoteConfig(directory)}
			if err := agent.Send(context.Background(), news); err != nil {
				log.Print(err)
			}
		}
		changing.Unlock()
	}
}

func encryption(certificate string, key string) *tls.Config {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(certificate)
	if err != nil {
		log.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(text)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: known,
		ClientAuth: tls.RequireAndVerifyClientCert}
}

func remoteConfig(directory string) *protobufs.AgentRemoteConfig {
	body, err := os.ReadFile(filepath.Join(directory, "offer.yml"))
	if err != nil {
		return nil
	}
	files := map[string]*protobufs.AgentConfigFile{"homeostat.yml": {Body: body}}
	sum := sha256.New()
	sum.Write(body)
	if signature, err := os.ReadFile(filepath.Join(directory, "offer.minisig")); err == nil {
		files["homeostat.yml.minisig"] = &protobufs.AgentConfigFile{Body: signature}
		sum.Write(signature)
	}
	return &protobufs.AgentRemoteConfig{
		Config:     &protobufs.AgentConfigMap{ConfigMap: files},
		ConfigHash: sum.Sum(nil),
	}
}

func connectionSettings(directory string) *protobufs.ConnectionSettingsOffers {
	text, err := os.ReadFile(filepath.Join(directory, "connection.json"))
	if err != nil {
		return nil
	}
	var offered connection
	if err := json.Unmarshal(text, &offered); err != nil {
		log.Fatal(err)
	}
	settings := &protobufs.OpAMPConnectionSettings{
		DestinationEndpoint:      offered.Endpoint,
		HeartbeatIntervalSeconds: offered.Heartbeat,
	}
	if offered.Headers != nil {
		settings.Headers = &protobufs.Headers{}
		for name, value := range offered.Headers {
			settings.Headers.Headers = append(settings.Headers.Headers,
				&protobufs.Header{Key: name, Value: value})
		}
	}
	sum := sha256.Sum256(text)
	return &protobufs.ConnectionSettingsOffers{Hash: sum[:], Opamp: settings}
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: opamp_go DIR [PORT [CERTIFICATE KEY]]")
	}
	directory, endpoint := os.Args[1], "127.0.0.1:0"
	if len(os.Args) > 2 {
		endpoint = "127.0.0.1:" + os.Args[2]
	}
	var secure *tls.Config
	if len(os.Args) > 4 {
		secure = encryption(os.Args[3], os.Args[4])
	}
	note := func(kind string, authorization string, message json.RawMessage) {
		line, err := json.Marshal(map[string]any{
			"kind": kind, "authorization": authorization, "message": message})
		if err != nil {
			log.Fatal(err)
		}
		printing.Lock()
		defer printing.Unlock()
		fmt.Println(string(line))
	}
	onConnecting := func(request *http.Request) types.ConnectionResponse {
		authorization := request.Header.Get("Authorization")
		kind := "http"
		if request.Header.Get("Upgrade") != "" {
			kind = "websocket"
		}
		onMessage := func(_ context.Context, agent types.Connection,
			message *protobufs.AgentToServer) *protobufs.ServerToAgent {
			if kind == "websocket" {
				changing.Lock()
				connected[agent] = message.InstanceUid
				changing.Unlock()
			}
			text, err := protojson.Marshal(message)
			if err != nil {
				log.Fatal(err)
			}
			note(kind, authorization, text)
			return &protobufs.ServerToAgent{
				InstanceUid: message.InstanceUid,
				Capabilities: uint64(protobufs.ServerCapabilities_ServerCapabilities_AcceptsStatus |
					protobufs.ServerCapabilities_ServerCapabilities_OffersRemoteConfig |
					protobufs.ServerCapabilities_ServerCapabilities_AcceptsEffectiveConfig |
					protobufs.ServerCapabilities_ServerCapabilities_OffersConnectionSettings),
				RemoteConfig:       remoteConfig(directory),
				ConnectionSettings: connectionSettings(directory),
			}
		}
		normal := true
		onError := func(types.Connection, int, []byte, error) { normal = false }
		onClose := func(agent types.Connection) {
			if kind != "websocket" {
				return
			}
			changing.Lock()
			delete(connected, agent)
			changing.Unlock()
			if normal {
				note("closed with 1000", authorization, nil)
			} else {
				note("broken", authorization, nil)
			}
		}
		return types.ConnectionResponse{
			Accept: true,
			ConnectionCallbacks: types.ConnectionCallbacks{OnMessage: onMessage,
				OnReadMessageError: onError, OnConnectionClose: onClose},
		}
	}
	opamp := server.New(nil)
	err := opamp.Start(server.StartSettings{
		Settings: server.Settings{
			EnableCompression: true,
			Callbacks:         types.Callbacks{OnConnecting: onConnecting},
		},
		ListenEndpoint: endpoint,
		TLSConfig:      secure,
	})
	if err != nil {
		log.Fatal(err)
	}
	go pushNews(directory)
	fmt.Printf("port %d\n", opamp.Addr().(*net.TCPAddr).Port)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	_ = opamp.Stop(context.Background())
}
