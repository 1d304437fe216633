// Package bundle without signatures: bundles are made from sources here, never loaded, and Annona's manifest has digests.
package bundle

import (
	"bytes"
	"errors"

	"github.com/open-policy-agent/opa/v1/keys"
)

var errUnsigned = errors.New("this build of OPA neither signs nor verifies")

type KeyConfig = keys.Config

type VerificationConfig struct {
	PublicKeys map[string]*KeyConfig
	KeyID      string
	Scope      string
	Exclude    []string
}

func (vc *VerificationConfig) SignatureRequired() bool { return vc != nil }

func (vc *VerificationConfig) UnsignedDeltaBundlesAllowed() bool { return vc == nil }

type SigningConfig struct {
	Plugin     string
	Key        string
	Algorithm  string
	ClaimsPath string
}

func GenerateSignedToken([]FileInfo, *SigningConfig, string) (string, error) { return "", errUnsigned }

func VerifyBundleSignature(SignaturesConfig, *VerificationConfig) (map[string]FileInfo, error) {
	return nil, errUnsigned
}

func VerifyBundleFile(string, bytes.Buffer, map[string]FileInfo) error { return errUnsigned }
