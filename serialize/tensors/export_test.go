package tensors

import (
	"fmt"
	"strings"
)

// Mended returns the set's description with the checksum that it should have.
func Mended(s *Set) string {
	before := s.Description[:strings.LastIndex(s.Description, `,"crc32c"`)]
	return before + fmt.Sprintf(checksumForm, checksum([]byte(before), s.Tensors))
}
