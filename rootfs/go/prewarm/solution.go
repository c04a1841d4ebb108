package solution

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The packages that solutions usually import. The cache then holds them compiled.
var (
	_ = bufio.NewReader
	_ = bytes.Equal
	_ = errors.New
	_ = fmt.Sprint
	_ = io.EOF
	_ = math.Pi
	_ = big.NewInt
	_ = rand.Int
	_ = os.Args
	_ = regexp.MustCompile
	_ = sort.Ints
	_ = strconv.Itoa
	_ = strings.Split
	_ sync.Mutex
	_ = time.Now
)
